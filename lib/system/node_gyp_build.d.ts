declare module 'node-gyp-build' {
  /** Loads the addon that was built for, or is shipped in, the package at `root`. */
  export default function nodeGypBuild(root: string): unknown;
}
