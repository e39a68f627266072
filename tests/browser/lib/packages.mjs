// The packages, from where scripts/test-browser.sh has installed them: outside the sources.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.env.BROWSER_TEST_FOLDER;
if (!folder) {
    throw new Error("run these tests by `make test-browser` or scripts/test-browser.sh");
}
const require = createRequire(join(folder, "package.json"));

export const { chromium } = require("playwright-core");
export const { Client: PostgresClient } = require("pg");
/** axe-core as text, to be run in a page. */
export const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures of failures and lists of what was called go. */
export const RESULTS = join(folder, "results");
