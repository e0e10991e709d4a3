/**
 * `sed` and `awk`: small languages that mostly print, but can write files and run programs.
 * Only what surely prints is known.
 */

/**
 * Every command of the script prints or edits the text that passes. Not among them: `w` and `W` (write a file), `e`
 * (run), `r` and `R` (read another file), and the flags `e` and `w` of `s`. Source: the GNU sed manual.
 */
export function isPrintingSed(script: string): boolean {
  let rest = script;
  for (let count = 0; count < 50; count += 1) {
    rest = rest.replace(/^[\s;}]+/, '');
    if (rest === '') return count > 0;
    const address =
      /^(?:(?:\d+(?:~\d+)?|\$|\/(?:[^/\\\n]|\\.)*\/I?)(?:\s*,\s*(?:[+~]?\d+|\$|\/(?:[^/\\\n]|\\.)*\/I?))?\s*!?\s*)?/.exec(
        rest,
      );
    rest = rest.slice(address?.[0].length ?? 0);
    const command = rest[0] ?? '';
    if (command === '{') {
      rest = rest.slice(1);
      continue;
    }
    if (command === 's' || command === 'y') {
      const delimiter = rest[1] ?? '';
      if (!/^[/|,#:;@%!_+=-]$/.test(delimiter)) return false;
      const escaped = delimiter.replace(/[|+]/, '\\$&');
      const found = new RegExp(
        `^.${escaped}(?:[^\\\\\\n${escaped}]|\\\\.)*${escaped}(?:[^\\\\\\n${escaped}]|\\\\.)*${escaped}([gpiI0-9]*)`,
        'u',
      ).exec(rest);
      if (!found) return false;
      rest = rest.slice(found[0].length);
    } else if (/^[pdq=nNDPGgHhxlz]/.test(command)) rest = rest.slice(1).replace(/^\s*\d+/, '');
    else return false;
    if (rest !== '' && !/^\s*(?:[;}\n]|$)/.test(rest)) return false;
  }
  return false;
}

/**
 * Tokens that running a program, reading another file or writing one cannot do without;
 * `>` is a comparison only where nothing was printed before. Source: POSIX awk and the gawk manual.
 */
export function isPrintingAwk(program: string): boolean {
  if (
    /system|getline|close|fflush|ENVIRON|ARG[VCI]|PROCINFO|nextfile|@|\\|`/.test(
      program.replaceAll(/\\["/ntd.|()[\]*+?$^-]/g, ''),
    )
  )
    return false;
  if (/\|/.test(program.replaceAll('||', ''))) return false;
  const printed = program.search(/print/);
  return printed === -1 || !program.slice(printed).includes('>');
}
