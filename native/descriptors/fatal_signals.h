// A last call before a signal ends the process. Signals that somebody handles are left alone,
// except that Node's own handlers for SIGINT and SIGTERM, which end the process too, are called
// after it.
#pragma once

namespace asyncore {

// Has `last` called before a signal ends the process, as far as no handler stands in the way. It
// must be async-signal-safe. To be called again when a handler was taken away.
void BeforeFatalSignals(void (*last)());

// Keeps the addon in memory, because a handler in it must not go: a worker thread that ends would
// unload it if no other environment had loaded it.
void StayLoaded();

}  // namespace asyncore
