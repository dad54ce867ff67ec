// Generates docs/api.md from the comments in lib/: typedoc reads them, and this script lays them out
// on one page, with a signature and a paragraph for each name. --check only reports whether the page is
// up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';

const root = resolve(import.meta.dirname, '..');
const page = resolve(root, 'docs/api.md');

/** The order of the page. Exports that are not listed here come last in their part. */
const PARTS = [
  {
    module: 'index',
    title: "'asyncore'",
    sections: [
      [
        'The loop',
        'loop loopSync LoopOptions poll pollSync poll2 poll2Sync poll3 poll3Sync socketMap ChannelMap Channel',
      ],
      ['Dispatchers', 'Dispatcher DispatcherWithSend'],
      ['Files', 'FileDispatcher OpenOptions FilePath FileWrapper FileLike pipe'],
      ['asynchat', 'AsyncChat Terminator FifoEntry Producer SimpleProducer findPrefixAtEnd'],
      ['Calls into a channel', 'read write exception readwrite closeAll channelMap'],
      ['Errors', 'SystemError ExitNow compactTraceback Place'],
      ['Types', 'Address AddressInfo Data Transport SocketTransport'],
    ],
  },
  {
    module: 'socket',
    title: "'asyncore/socket'",
    sections: [['Sockets', 'Socket socketpair Address AddressInfo Data']],
  },
  { module: 'select', title: "'asyncore/select'", sections: [['select and poll', 'select selectSync Poll Waitable']] },
  {
    module: 'stream',
    title: "'asyncore/stream'",
    sections: [
      ['Streams', 'toDuplex toReadable toWritable StreamOptions DescriptorDuplex SourceLike'],
      ['Web Streams', 'toReadableStream toWritableStream toReadableWritablePair StreamPair'],
    ],
  },
  {
    module: 'promises',
    title: "'asyncore/promises'",
    sections: [
      ['Waits', 'waitReadable waitWritable WaitOptions'],
      [
        'Calls on sockets',
        'sockRecv sockRecvInto sockRecvfrom sockSendall sockSendto sockConnect sockAccept Receiving Sending',
      ],
      ['Iteration', 'chunks lines connections IterationOptions ChunkOptions LineOptions Lines'],
    ],
  },
  {
    module: 'selectors',
    title: "'asyncore/selectors'",
    sections: [
      ['Selectors', 'DefaultSelector PollSelector SelectSelector BaseSelector SelectorKey SelectorMap Selected'],
    ],
  },
  {
    module: 'tty',
    title: "'asyncore/tty'",
    sections: [['Terminals', 'setRaw RawOptions restore windowSize WindowSize openpty ttyname']],
  },
  {
    module: 'linux',
    title: "'asyncore/linux'",
    sections: [
      ['Descriptors', 'EventFd TimerFd SignalFd SignalInfo Signal Inotify InotifyEvent PidFd Ending LinuxFile'],
      [
        'Channels',
        'EventFdDispatcher TimerFdDispatcher SignalFdDispatcher InotifyDispatcher PidFdDispatcher LinuxDispatcher',
      ],
    ],
  },
];

const text = (comment) =>
  (comment?.summary ?? [])
    .map((part) => part.text)
    .join('')
    .trim();

function examples(comment) {
  return (comment?.blockTags ?? [])
    .filter(({ tag }) => tag === '@example')
    .map(({ content }) =>
      content
        .map((part) => part.text)
        .join('')
        .trim(),
    )
    .map((code) => (code.startsWith('```') ? code : `\`\`\`ts\n${code}\n\`\`\``));
}

/** A type as it is written in source code. */
function typeOf(type) {
  if (type?.type === 'union') return type.types.map(typeOf).join(' | ');
  if (type?.type !== 'reflection' || !type.declaration.children) return String(type ?? 'void');
  return `{ ${type.declaration.children.flatMap(codeOf).join('; ')} }`;
}

function parameter({ name, type, flags, defaultValue }) {
  const rest = flags.isRest ? '...' : '';
  const hasDefault = defaultValue !== undefined && defaultValue !== '...';
  return `${rest}${name}${flags.isOptional ? '?' : ''}: ${typeOf(type)}${hasDefault ? ` = ${defaultValue}` : ''}`;
}

function typeParameters({ typeParameters: list }) {
  if (!list || list.length === 0) return '';
  const one = ({ name, type, default: preset }) =>
    `${name}${type ? ` extends ${typeOf(type)}` : ''}${preset ? ` = ${typeOf(preset)}` : ''}`;
  return `<${list.map(one).join(', ')}>`;
}

function signatures(reflection, prefix = '') {
  return reflection.signatures.map((signature) => {
    const parameters = (signature.parameters ?? []).filter(({ name }) => name !== 'this').map(parameter);
    const isConstructor = signature.kind === ReflectionKind.ConstructorSignature;
    const name = isConstructor
      ? `new ${reflection.parent.name}`
      : `${prefix}${reflection.name}${typeParameters(signature)}`;
    return `${name}(${parameters.join(', ')})${isConstructor ? '' : `: ${typeOf(signature.type)}`}`;
  });
}

function codeOf(reflection) {
  const prefix = reflection.flags.isStatic ? 'static ' : '';
  if (reflection.signatures) return signatures(reflection, prefix);
  const accessor = reflection.getSignature;
  const isReadonly = reflection.flags.isReadonly || (accessor && !reflection.setSignature);
  const optional = reflection.flags.isOptional ? '?' : '';
  const { defaultValue } = reflection;
  const preset = defaultValue && defaultValue !== '...' && defaultValue.length < 30 ? ` = ${defaultValue}` : '';
  const type = typeOf(accessor ? accessor.type : reflection.type);
  return [`${prefix}${isReadonly ? 'readonly ' : ''}${reflection.name}${optional}: ${type}${preset}`];
}

/** The comment, wherever typedoc put it. */
function commentOf(reflection) {
  const own = reflection.comment ?? reflection.getSignature?.comment;
  return own ?? reflection.signatures?.find(({ comment }) => comment)?.comment;
}

function member(reflection) {
  const code = codeOf(reflection)
    .map((line) => `\`${line}\``)
    .join('\\\n  ');
  const words = text(commentOf(reflection)).replaceAll(/\n+/g, ' ');
  return `- ${code}${words ? `\\\n  ${words}` : ''}`;
}

/** What a class has of its own: not what it inherits or merely answers in its own way. */
function isOwn({ name, inheritedFrom, overwrites, flags, kind }) {
  if (name.startsWith('[') || flags.isExternal || inheritedFrom) return false;
  return kind === ReflectionKind.Constructor || !overwrites;
}

const KEYWORDS = new Map([
  [ReflectionKind.Class, 'class'],
  [ReflectionKind.Interface, 'interface'],
  [ReflectionKind.TypeAlias, 'type'],
  [ReflectionKind.Variable, 'const'],
]);

function entry(reflection) {
  const keyword = KEYWORDS.get(reflection.kind);
  const lines = [`### ${reflection.name}`, ''];
  const code = [];
  if (reflection.signatures) code.push(...signatures(reflection));
  else if (keyword === 'class' || keyword === 'interface') {
    const base = reflection.extendedTypes?.map(String) ?? [];
    const tail = base.length > 0 ? ` extends ${base.join(', ')}` : '';
    code.push(`${keyword} ${reflection.name}${typeParameters(reflection)}${tail}`);
  } else code.push(`${keyword} ${reflection.name}${keyword === 'type' ? ' =' : ':'} ${typeOf(reflection.type)}`);
  lines.push('```typescript', ...code, '```', '');
  const comment = commentOf(reflection);
  if (text(comment)) lines.push(text(comment), '');
  for (const example of examples(comment)) lines.push(example, '');
  const members = (reflection.children ?? []).filter(isOwn).map(member);
  if (members.length > 0) lines.push(...members, '');
  return lines;
}

/** The system's constants, one line per prefix. */
function constants(reflections) {
  const rows = new Map();
  for (const { name } of reflections) {
    const [prefix = name] = name.split('_');
    rows.set(prefix, [...(rows.get(prefix) ?? []), `\`${name}\``]);
  }
  const lines = [...rows.values()].map((names) => `- ${names.join(' ')}`);
  return [
    '### Constants',
    '',
    "The system's values under their C names; NaN if the system lacks one.",
    '',
    ...lines,
    '',
  ];
}

function part(project, { module, title, sections }) {
  const all = project.getChildByName([module])?.children ?? [];
  const isConstant = ({ kind, name }) => kind === ReflectionKind.Variable && /^[A-Z]+[A-Z0-9]*(_|$)|^POLL/.test(name);
  // A name that another part already has is only a reference here.
  const ours = all.filter((child) => !isConstant(child) && child.kind !== ReflectionKind.Reference);
  const left = new Map(ours.map((child) => [child.name, child]));
  const lines = [`# ${title}`, ''];
  const headings = [...sections.map(([heading, names]) => [heading, names.split(' ')])];
  const named = new Set(headings.flatMap(([, names]) => names));
  const rest = [...left.keys()].filter((name) => !named.has(name));
  if (rest.length > 0) headings.push(['More', rest]);
  for (const [heading, names] of headings) {
    lines.push(`## ${heading}`, '');
    for (const name of names) {
      const reflection = left.get(name);
      if (reflection) lines.push(...entry(reflection));
    }
  }
  const numbers = all.filter(isConstant);
  return numbers.length > 0 ? [...lines, ...constants(numbers)] : lines;
}

const app = await Application.bootstrap({ options: resolve(root, 'typedoc.json'), logLevel: 'Warn' });
const project = await app.convert();
if (!project || app.logger.hasErrors()) process.exit(1);

const intro = [
  '<!-- Generated by "npm run docs" from the comments in lib/. Edit those instead. -->',
  '',
  'Every name that the package exports. Times are in **seconds**; `null` and `Infinity` wait forever. Data goes in as a',
  'string (UTF-8) or any `ArrayBufferView` and comes out as a `Buffer`. A failed system call throws a `SystemError`; an',
  "invalid argument throws a `TypeError` or `RangeError` with one of Node's codes. Each class lists what it adds to its",
  'base.',
  '',
];
const made = [...intro, ...PARTS.flatMap((item) => part(project, item))].join('\n').trimEnd();
if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(page, 'utf8') === `${made}\n`;
  if (!isCurrent) console.error('docs/api.md does not match the comments in lib/: run "npm run docs".');
  process.exit(isCurrent ? 0 : 1);
}
writeFileSync(page, `${made}\n`);
