interface Props {
  values: number[];
  width?: number;
  height?: number;
  /** Said to screen readers; the numbers stand beside it as a rule. */
  label?: string;
  isRtl?: boolean;
}

/** A line the height of a word. It begins at its own least value: the course, not the amount. */
export function Sparkline({ values, width = 96, height = 22, label, isRtl = false }: Props) {
  if (values.length < 2) return null;
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  const at = (value: number, index: number) => {
    const x = 2 + ((width - 4) * index) / (values.length - 1);
    const y = range === 0 ? height / 2 : height - 3 - ((height - 6) * (value - least)) / range;
    return [isRtl ? width - x : x, y] as const;
  };
  const points = values.map(at);
  const [x, y] = points.at(-1)!;
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      style={{ flex: "none", maxWidth: "100%", overflow: "visible" }}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    >
      <polyline
        points={points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ")}
        fill="none"
        stroke="var(--mantine-color-dimmed)"
        strokeWidth={1.25}
        strokeLinejoin="round"
      />
      <circle cx={x} cy={y} r={2.2} fill="var(--accent)" />
    </svg>
  );
}
