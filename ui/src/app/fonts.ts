import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/source-serif-4/wght.css";

let isUrduThere = false;

/** The Urdu faces weigh as much as the application: only who reads Urdu fetches them. */
export async function loadUrdu(): Promise<void> {
  if (isUrduThere) return;
  isUrduThere = true;
  await Promise.all([
    import("@fontsource-variable/noto-nastaliq-urdu/wght.css"),
    import("@fontsource-variable/noto-naskh-arabic/wght.css"),
  ]);
}
