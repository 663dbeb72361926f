/** The shapes of a score. Colours come as arguments so that a picture can be saved by itself. */

export interface Colours {
  ink: string;
  staff: string;
  dimmed: string;
  accent: string;
  paper: string;
}

export const LIGHT: Colours = {
  ink: "#24221f",
  staff: "#b9b3a6",
  dimmed: "#625e57",
  accent: "#0f6b69",
  paper: "#ffffff",
};

export const DARK: Colours = {
  ink: "#e6e4df",
  staff: "#555b5f",
  dimmed: "#a5a39e",
  accent: "#62b3ae",
  paper: "#1c2023",
};

interface HeadProps {
  x: number;
  y: number;
  outcome: "sent" | "deferred" | "withheld";
  failed?: boolean;
  stemUp?: boolean;
  c: Colours;
  size?: number;
}

/** Filled with a stem: sent. Hollow with a stem: put off. Hollow without: withheld. A cross: sent but
 * not delivered. The forms differ, so that grey and paper tell as much as colour. */
export function Head({ x, y, outcome, failed, stemUp = true, c, size = 1 }: HeadProps) {
  const [rx, ry] = [5.4 * size, 4.1 * size];
  const stem = stemUp ? (
    <line
      x1={x + rx - 0.7}
      y1={y - 1}
      x2={x + rx - 0.7}
      y2={y - 25 * size}
      stroke={c.ink}
      strokeWidth={1.3}
    />
  ) : (
    <line
      x1={x - rx + 0.7}
      y1={y + 1}
      x2={x - rx + 0.7}
      y2={y + 25 * size}
      stroke={c.ink}
      strokeWidth={1.3}
    />
  );
  if (failed)
    return (
      <g>
        {stem}
        <path
          d={`M${x - 4.5} ${y - 4}L${x + 4.5} ${y + 4}M${x - 4.5} ${y + 4}L${x + 4.5} ${y - 4}`}
          stroke={c.ink}
          strokeWidth={1.8}
        />
      </g>
    );
  if (outcome === "sent")
    return (
      <g>
        {stem}
        <ellipse cx={x} cy={y} rx={rx} ry={ry} transform={`rotate(-20 ${x} ${y})`} fill={c.ink} />
      </g>
    );
  return (
    <g>
      {outcome === "deferred" && stem}
      <ellipse
        cx={x}
        cy={y}
        rx={rx - 0.6}
        ry={ry - 0.5}
        transform={`rotate(-20 ${x} ${y})`}
        fill={c.paper}
        stroke={c.ink}
        strokeWidth={outcome === "deferred" ? 1.6 : 1.3}
      />
    </g>
  );
}

/** A rest: the small block that hangs from a line. */
export function Rest({ x, y, c }: { x: number; y: number; c: Colours }) {
  return <rect x={x - 6} y={y} width={12} height={4.5} fill={c.dimmed} />;
}
