// Whether a browser has done everything that the panel can do, at both widths, with JavaScript and without: the
// operations in its sources against those that the trails of all tests say were done. `node coverage.mjs FOLDER OF THE SOURCES`

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { RESULTS } from "./lib/packages.mjs";

/** What only the script asks for: parts of a page that is open. */
const PARTS = ["admin_doctors_find"];

function files(folder, extension) {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
        .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8"));
}

const sources = files(process.argv[2], ".rs").join("\n");
const operations = new Set(sources.match(/(?<=")admin_[a-z_]+(?=")/g));
const done = new Set(files(RESULTS, ".txt").join("").split("\n"));
const looks = ["360", "1280"].flatMap((width) => ["on", "off"].map((script) => `${width} px, JavaScript ${script}`));
const missing = [...operations]
    .flatMap((name) => looks.map((look) => ({ name, look, one: `${name} at ${look}` })))
    .filter(({ name, look, one }) => !done.has(one) && !(PARTS.includes(name) && look.endsWith("off")));
for (const { one } of missing) {
    console.error(`no browser has done ${one}`);
}
const all = `${operations.size} operations of the panel, each done at 360 and 1280 px with JavaScript on and off`;
console.log(`${all}, but for ${missing.length}`);
process.exitCode = missing.length > 0 || operations.size === 0 ? 1 : 0;
