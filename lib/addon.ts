/**
 * Where the addon's file is, for bundlers and images. Nothing is loaded.
 *
 * @module asyncore/addon
 */
export { addonPath } from './system/addon_file.ts';
