import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** One quiet accent: the blue-green of a peacock's neck. */
const peacock: MantineColorsTuple = [
  "#e9f4f3",
  "#d4e8e6",
  "#a8d0cd",
  "#78b7b3",
  "#52a29d",
  "#379490",
  "#23807d",
  "#0f6b69",
  "#0b5a58",
  "#054846",
];

/** Paper and ink: warm greys, so that the screens read like a printed page. */
const gray: MantineColorsTuple = [
  "#faf9f6",
  "#f3f1ec",
  "#e8e5de",
  "#d9d5cb",
  "#bdb8ac",
  "#9a9488",
  "#77726a",
  "#5c5851",
  "#403d38",
  "#24221f",
];

const dark: MantineColorsTuple = [
  "#e6e4df",
  "#c9c7c2",
  "#a3a29e",
  "#85858a",
  "#4a4f52",
  "#353a3d",
  "#272c2f",
  "#1c2023",
  "#15181a",
  "#0f1113",
];

const latin = '"Inter Variable", system-ui, sans-serif';
const serif = '"Source Serif 4 Variable", Georgia, serif';
const naskh = '"Inter Variable", "Noto Naskh Arabic Variable", system-ui, sans-serif';
const nastaliq = '"Noto Nastaliq Urdu Variable", "Noto Naskh Arabic Variable", serif';

/** The theme for a writing direction: Urdu is set in Nastaliq where it is read as prose. */
export function themeFor(locale: string) {
  const urdu = locale === "ur";
  return createTheme({
    primaryColor: "peacock",
    primaryShade: { light: 7, dark: 4 },
    colors: { peacock, gray, dark },
    black: "#24221f",
    white: "#ffffff",
    defaultRadius: "sm",
    fontFamily: urdu ? naskh : latin,
    fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
    headings: {
      fontFamily: urdu ? nastaliq : serif,
      fontWeight: urdu ? "600" : "500",
      sizes: {
        h1: { fontSize: urdu ? "1.6rem" : "1.75rem", lineHeight: urdu ? "2" : "1.25" },
        h2: { fontSize: urdu ? "1.15rem" : "1.2rem", lineHeight: urdu ? "2" : "1.3" },
        h3: { fontSize: "1rem", lineHeight: urdu ? "2" : "1.4" },
      },
    },
    lineHeights: urdu ? { xs: "1.7", sm: "1.75", md: "1.8", lg: "1.85", xl: "1.9" } : {},
    other: { prose: urdu ? nastaliq : serif },
    cursorType: "pointer",
    autoContrast: true,
    luminanceThreshold: 0.35,
  });
}

/** Contrast AA on paper and on slate, and the names the rest of the styles go by. */
export const variables: CSSVariablesResolver = (theme) => ({
  variables: { "--prose": String(theme.other.prose) },
  light: {
    "--mantine-color-body": "#faf9f6",
    "--mantine-color-text": "#24221f",
    "--mantine-color-dimmed": "#625e57",
    "--mantine-color-placeholder": "#6f6a62",
    "--mantine-color-default-border": "#dcd8ce",
    "--surface": "#ffffff",
    "--surface-2": "#f3f1ec",
    "--line": "#e6e2d9",
    "--staff": "#b9b3a6",
    "--ink": "#24221f",
    "--accent": "#0f6b69",
    "--accent-soft": "#e3f0ef",
    "--warn": "#8a4b08",
    "--bad": "#a3281f",
    "--good": "#2c6a37",
    // warnings in our own ink: the kit's are too loud on paper, and too faint to read
    "--mantine-color-orange-light": "#f8efe2",
    "--mantine-color-orange-light-color": "#8a4b08",
    "--mantine-color-red-light": "#f8ebe8",
    "--mantine-color-red-light-color": "#a3281f",
    "--mantine-color-red-filled": "#a3281f",
    "--mantine-color-red-filled-hover": "#8b2019",
    "--mantine-color-error": "#a3281f",
  },
  dark: {
    // white words on a filled button need a deeper shade than lines and links on slate do
    "--mantine-color-peacock-filled": "#23807d",
    "--mantine-color-peacock-filled-hover": "#1d716e",
    "--mantine-color-body": "#15181a",
    "--mantine-color-text": "#e6e4df",
    "--mantine-color-dimmed": "#a5a39e",
    "--mantine-color-placeholder": "#9b9a96",
    "--mantine-color-default-border": "#353a3d",
    "--surface": "#1c2023",
    "--surface-2": "#22272a",
    "--line": "#2d3235",
    "--staff": "#555b5f",
    "--ink": "#e6e4df",
    "--accent": "#62b3ae",
    "--accent-soft": "#1d3534",
    "--warn": "#e0a766",
    "--bad": "#ee8a80",
    "--good": "#86c291",
  },
});
