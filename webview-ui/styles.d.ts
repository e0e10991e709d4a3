/** Styles are bundled by scripts/build.mjs; to the compiler such a file only has to be there. */
declare module '*.css';
