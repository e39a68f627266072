// What the first view of a long list weighs, and how long the server takes for it.

import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { flow } from "./lib/flow.mjs";
import { PLAIN } from "./lib/looks.mjs";
import { RESULTS } from "./lib/packages.mjs";

const MOST_REQUESTS = 6;
const MOST_BYTES = 25_000;
const FETCHES = 200;
const MOST_MEDIAN_MS = 10;

/** Only an optimized server has to keep the time: the name of its folder tells. */
const IS_OPTIMIZED = /[\\/]release[\\/][^\\/]+$/.test(process.env.BROWSER_TEST_BINARY);

const options = { seed: ["--users", "5", "--doctors", "40", "--patients", "1000", "--mappings", "1500"] };

/** A line for the end of the run. */
function tell(line) {
    mkdirSync(RESULTS, { recursive: true });
    appendFileSync(join(RESULTS, "figures.txt"), `${line}\n`);
}

flow(
    "the first view of a list of 1,000 patients is light",
    [PLAIN],
    async (desk) => {
        const session = await desk.context.newCDPSession(desk.page);
        const requests = new Map();
        session.on("Network.requestWillBeSent", ({ requestId, request }) =>
            requests.set(requestId, { url: request.url }),
        );
        session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
            requests.get(requestId).bytes = encodedDataLength;
        });
        await session.send("Network.enable");
        await session.send("Network.setCacheDisabled", { cacheDisabled: false });
        await desk.go("/admin/patients");
        await desk.sees("1,000 records");
        await desk.page.waitForLoadState("networkidle");
        const all = [...requests.values()];
        // Without a window the browser fetches no icon: it is counted as if it had.
        const icon = new URL(
            await desk.page.locator('link[rel="icon"]').getAttribute("href"),
            desk.clinic.base,
        ).href;
        if (!all.some(({ url }) => url === icon)) {
            all.push({ url: icon, bytes: await weigh(icon) });
        }
        assert.ok(
            all.every(({ bytes }) => bytes > 0),
            JSON.stringify(all),
        );
        const bytes = all.reduce((sum, request) => sum + request.bytes, 0);
        for (const request of all) {
            tell(`  ${String(request.bytes).padStart(6)} bytes  ${new URL(request.url).pathname}`);
        }
        tell(`first view of 1,000 patients: ${all.length} requests, ${bytes} bytes with heads, compressed`);
        assert.ok(all.length <= MOST_REQUESTS, `${all.length} requests`);
        assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
    },
    options,
);

flow(
    IS_OPTIMIZED
        ? `the server takes less than ${MOST_MEDIAN_MS} ms for that list`
        : "how long the server takes for that list is told",
    [PLAIN],
    async (desk) => {
        const cookie = await desk.clinic.cookie("root");
        const times = [];
        for (let fetches = 0; fetches < FETCHES; fetches += 1) {
            const from = performance.now();
            const answer = await desk.clinic.ask(cookie, "/admin/patients");
            await answer.arrayBuffer();
            times.push(performance.now() - from);
            assert.equal(answer.status, 200);
        }
        times.sort((a, b) => a - b);
        const at = (part) => times[Math.floor((times.length - 1) * part)].toFixed(1);
        const figures = `median ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms`;
        tell(`the list of 1,000 patients over ${FETCHES} fetches: ${figures}`);
        if (IS_OPTIMIZED) {
            assert.ok(Number(at(0.5)) < MOST_MEDIAN_MS, figures);
        }
    },
    options,
);

/** The bytes of an answer, its head with it. */
async function weigh(url) {
    const answer = await fetch(url, { headers: { "accept-encoding": "gzip, br" } });
    const head = [...answer.headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 17);
    const length = answer.headers.get("content-length");
    return head + Number(length ?? (await answer.arrayBuffer()).byteLength);
}
