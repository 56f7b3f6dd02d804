/** A grade's letter, stronger the better it is. */

type GradeBadgeProps = { letter: string; letters?: readonly string[]; label?: string };

/** `letters` are the bands, best first; without them A is taken as the best. */
export function GradeBadge({ letter, letters = ["A", "B"], label }: GradeBadgeProps) {
  const index = letters.indexOf(letter);
  const place = index === 0 ? "first" : index === 1 ? "middle" : "last";
  return (
    <span className="kz-grade" data-place={place}>
      {label && <span className="kz-sr">{label} </span>}
      {letter}
    </span>
  );
}
