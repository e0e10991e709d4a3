/** Pixels: that of VS Code's own trees. */
export const ROW = 22;
