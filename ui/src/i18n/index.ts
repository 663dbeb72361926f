import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { loadUrdu } from "@/app/fonts";

export const LOCALES = ["en", "ur"] as const;
export type Locale = (typeof LOCALES)[number];

const bundles: Record<Locale, () => Promise<{ default: Record<string, object> }>> = {
  en: () => import("./en"),
  ur: () => import("./ur"),
};

export function isLocale(value: unknown): value is Locale {
  return value === "en" || value === "ur";
}

/** The language to begin with, before anybody has signed in. */
export function firstLocale(): Locale {
  const kept = window.localStorage.getItem("raabta.locale");
  if (isLocale(kept)) return kept;
  return navigator.language.startsWith("ur") ? "ur" : "en";
}

export async function setLocale(locale: Locale): Promise<void> {
  if (!i18next.hasResourceBundle(locale, "common")) {
    const { default: namespaces } = await bundles[locale]();
    for (const [name, words] of Object.entries(namespaces)) {
      i18next.addResourceBundle(locale, name, words);
    }
  }
  if (locale === "ur") await loadUrdu();
  await i18next.changeLanguage(locale);
  window.localStorage.setItem("raabta.locale", locale);
  document.documentElement.lang = locale;
  document.documentElement.dir = locale === "ur" ? "rtl" : "ltr";
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: firstLocale(),
    fallbackLng: false,
    resources: {},
    defaultNS: "common",
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await setLocale(firstLocale());
}
