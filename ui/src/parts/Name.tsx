import { plain } from "./text";

/** A name or any text of somebody else's, kept apart from the direction of what stands around it. */
export function Name({ children }: { children: string | null | undefined }) {
  return <bdi>{children ? plain(children) : "–"}</bdi>;
}
