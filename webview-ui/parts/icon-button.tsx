/** A button that is an icon; its name is its tooltip, too. */
export function IconButton({
  icon,
  label,
  onClick,
  pressed,
}: {
  icon: string;
  label: string;
  onClick(): void;
  pressed?: boolean;
}) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
    >
      <span className={`codicon codicon-${icon}`} aria-hidden="true" />
    </button>
  );
}
