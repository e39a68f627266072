// The watchers themselves: what they are there for does not pass them by.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Clinic } from "./lib/clinic.mjs";
import { Desk } from "./lib/flow.mjs";
import { BARE, PLAIN } from "./lib/looks.mjs";

function isCaught(name, look, does, complaint) {
    test(name, async () => {
        const clinic = await Clinic.open();
        const desk = await Desk.open(clinic, look, "root");
        try {
            await desk.go("/admin/patients");
            await does(desk);
            assert.throws(() => desk.watch.check(), complaint);
        } finally {
            await desk.close();
            await clinic.close();
        }
    });
}

isCaught(
    "a request to another host is caught",
    PLAIN,
    async ({ page }) => {
        await page.route("http://evil.example/", (route) =>
            route.fulfill({ contentType: "text/html", body: "<title>x</title>" }),
        );
        await page.goto("http://evil.example/");
    },
    /requests to another host/,
);

isCaught(
    "a request that the policy forbids is caught",
    PLAIN,
    async ({ page }) => {
        await page.evaluate(() => fetch("http://evil.example/").catch(() => undefined));
    },
    /content security policy/,
);

isCaught(
    "a word in the console is caught",
    PLAIN,
    async ({ page }) => {
        await page.evaluate(() => console.error("oh no"));
    },
    /errors in the console/,
);

isCaught(
    "an error of a script is caught",
    PLAIN,
    async ({ page }) => {
        const told = page.waitForEvent("pageerror");
        await page.evaluate(() =>
            setTimeout(() => {
                throw new Error("oh no");
            }),
        );
        await told;
    },
    /errors in the console/,
);

isCaught(
    "an unexpected refusal is caught",
    PLAIN,
    (desk) => desk.go("/admin/nothing"),
    /refusals|errors in the console/,
);

for (const look of [PLAIN, BARE[0]]) {
    isCaught(
        `a style that the policy forbids is caught (${look.name})`,
        look,
        async ({ page }) => {
            await page.evaluate(() => document.body.setAttribute("style", "color: red"));
            await page.evaluate(() => document.body.offsetWidth);
        },
        /content security policy|errors in the console/,
    );
}

for (const [name, html, complaint] of [
    ["a picture without a text", '<img src="/admin/static/cb785c15/icon.svg">', /image-alt/],
    ["a field without a label", '<input name="x">', /label/],
]) {
    test(`${name} breaks the rules of accessibility`, async () => {
        const clinic = await Clinic.open();
        const desk = await Desk.open(clinic, PLAIN, "root");
        try {
            await desk.go("/admin/patients");
            await desk.isAccessible();
            await desk.page.evaluate(
                (text) => document.querySelector("main").insertAdjacentHTML("beforeend", text),
                html,
            );
            await assert.rejects(desk.isAccessible(), complaint);
        } finally {
            await desk.close();
            await clinic.close();
        }
    });
}

test("what is wider than the window is caught", async () => {
    const clinic = await Clinic.open();
    const desk = await Desk.open(clinic, BARE[0], "root");
    try {
        await desk.go("/admin");
        await desk.fits();
        await desk.page.evaluate(() =>
            document.querySelector("main").append(
                Object.assign(document.createElement("pre"), {
                    textContent: "x".repeat(200),
                }),
            ),
        );
        await assert.rejects(desk.fits(), /in a window of 360 px/);
    } finally {
        await desk.close();
        await clinic.close();
    }
});
