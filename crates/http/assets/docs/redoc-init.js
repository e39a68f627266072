"use strict";

const fonts = "system-ui, sans-serif";
const theme = {
  typography: {
    fontFamily: fonts,
    headings: { fontFamily: fonts },
    code: { fontFamily: "ui-monospace, monospace" },
  },
};

// ReDoc has no dark theme of its own; these are the colors of pages.css.
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  theme.colors = {
    primary: { main: "#6fd3d0" },
    success: { main: "#6fcf7c" },
    warning: { main: "#f0b454" },
    error: { main: "#ff8a80" },
    gray: { 50: "#1b2225", 100: "#232c30" },
    text: { primary: "#dfe6e8", secondary: "#aebbc0" },
    border: { dark: "rgba(255, 255, 255, 0.2)", light: "#3a464b" },
    responses: {
      success: { backgroundColor: "#17301c" },
      error: { backgroundColor: "#3a1c1c" },
      redirect: { backgroundColor: "#362a14" },
      info: { color: "#7cc4e8", backgroundColor: "#132c3a" },
    },
  };
  theme.schema = { nestedBackground: "#1b2225", linesColor: "#4f6b70" };
  theme.sidebar = { backgroundColor: "#1b2225", textColor: "#dfe6e8" };
  for (const items of ["groupItems", "level1Items"]) {
    theme.sidebar[items] = { activeBackgroundColor: "#2a3539", activeTextColor: "#6fd3d0" };
  }
  theme.rightPanel = {
    backgroundColor: "#0d1112",
    servers: {
      overlay: { backgroundColor: "#1b2225", textColor: "#dfe6e8" },
      url: { backgroundColor: "#14191b" },
    },
  };
  theme.codeBlock = { backgroundColor: "#1b2225" };
  theme.fab = { backgroundColor: "#2a3539", color: "#6fd3d0" };
  theme.typography.code.color = "#ffab9f";
  theme.typography.code.backgroundColor = "rgba(255, 255, 255, 0.08)";
}

Redoc.init("/openapi.json", { theme }, document.getElementById("redoc-viewer"));
