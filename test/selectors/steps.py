"""What Python's selectors do, one line of JSON per selector, for selectors.test.ts to compare."""

import json
import selectors
import socket
import sys


def outcome(call):
    try:
        return call()
    except (KeyError, ValueError, RuntimeError) as error:
        return type(error).__name__
    except OSError as error:
        return error.strerror and "OSError"


def trace(selector_class):
    said = []
    selector = selector_class()
    one, two = socket.socketpair()
    three, four = socket.socketpair()
    names = {one.fileno(): "one", two.fileno(): "two", three.fileno(): "three"}

    def say(value):
        said.append(value)

    def shown(key):
        return key if isinstance(key, str) else [names[key.fd], key.events, key.data]

    def ready(timeout=0):
        found = outcome(lambda: selector.select(timeout))
        return found if isinstance(found, str) else sorted([*shown(key), events] for key, events in found)

    READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
    say(shown(selector.register(one, READ, "data")))
    say(outcome(lambda: shown(selector.register(one, READ))))
    say(outcome(lambda: shown(selector.register(one.fileno(), WRITE))))
    say([outcome(lambda: shown(selector.register(two, events))) for events in (0, 4, 7)])
    say(ready())
    say(ready(-1))
    two.send(b"x")
    say(ready())
    say(shown(selector.modify(one, READ | WRITE, "more")))
    say(ready())
    say(shown(selector.modify(one, READ | WRITE, None)))
    say(outcome(lambda: shown(selector.modify(two, READ))))
    say(outcome(lambda: shown(selector.unregister(two))))
    say(outcome(lambda: shown(selector.get_key(two))))
    say(shown(selector.get_key(one.fileno())))
    say(len(selector.get_map()))
    say([one in selector.get_map(), two in selector.get_map()])
    one.recv(1)
    selector.register(two, WRITE, 2)
    say(ready(1))
    two.close()
    say(shown(selector.unregister(two)))
    say(ready(1))
    selector.register(three, READ)
    four.close()
    say(ready(1))
    three.close()
    one.close()
    say(shown(selector.unregister(one)))
    say(shown(selector.unregister(three)))
    say(len(selector.get_map()))
    say(ready(0.01))
    selector.close()
    say(selector.get_map())
    say(outcome(lambda: selector.get_key(1)))
    selector.close()
    return said


for name in sys.argv[1:]:
    print(json.dumps(trace(getattr(selectors, name))))
