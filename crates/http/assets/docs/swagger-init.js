"use strict";

// Swagger UI has a dark theme and leaves switching it to the page.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  // No badge of an online validator, no other document through the query string, no token kept in the browser.
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
});
