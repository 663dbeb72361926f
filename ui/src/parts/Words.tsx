import { useTranslation } from "react-i18next";
import { plain } from "./text";

/** A sentence of our own, from the server: it runs in the reader's direction even where it begins
 * with a name in another script. Names inside it are isolated by the server. */
export function Words({ children }: { children: string | null | undefined }) {
  const { i18n } = useTranslation();
  return <bdi dir={i18n.language === "ur" ? "rtl" : "ltr"}>{children ? plain(children) : "–"}</bdi>;
}
