// The entry point 'asyncore/addon': where the addon's file is, for bundlers and images; nothing is loaded.
export { addonPath } from './system/addon_file.ts';
