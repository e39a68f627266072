// Signing in and out.

import assert from "node:assert/strict";

import { PASSWORD } from "./lib/clinic.mjs";
import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

/** Here a test can put the clock of a session forward. */
const CAN_AGE = process.env.BROWSER_TEST_DATABASE === "postgres";

const outside = { user: null };

async function signIn(desk, username, password) {
    await desk.fill({ "User name or e-mail address": username, Password: password });
    await desk.press("Sign in");
}

flow(
    "who signs in comes to the page that was asked for, and out again",
    FLOWS,
    async (desk) => {
        const { page } = desk;
        await desk.go("/admin/doctors?q=rao");
        await desk.heading("Sign in");
        await signIn(desk, "root", PASSWORD);
        await desk.heading("Doctors");
        assert.match(page.url(), /\/admin\/doctors\?q=rao$/);
        assert.equal(await page.locator(".who a").innerText(), "root");
        await desk.press("Sign out");
        await desk.says("You have signed out.");
        await desk.go("/admin/doctors");
        await desk.heading("Sign in");
    },
    outside,
);

flow(
    "a wrong password is told, and the name stays in its field",
    FLOWS,
    async (desk) => {
        desk.watch.expects(401);
        await desk.go("/admin");
        await signIn(desk, "root", "not this one");
        await desk.sees("The name or the password is wrong.");
        await desk.fits();
        assert.deepEqual(desk.watch.refusals, [401]);
        assert.equal(await desk.field("User name or e-mail address").inputValue(), "root");
        assert.equal(await desk.field("Password").inputValue(), "");
        await signIn(desk, "root", PASSWORD);
        await desk.heading("Overview");
    },
    outside,
);

flow(
    "who is not of the staff is told so",
    FLOWS,
    async (desk) => {
        desk.watch.expects(403);
        await desk.go("/admin");
        await signIn(desk, "ann", PASSWORD);
        await desk.sees("This account may not use the panel");
        await desk.go("/admin/patients");
        await desk.heading("Sign in");
    },
    outside,
);

flow("the overview tells how many there are, what was done last, and how the system is", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const patient = await clinic.patient("Asha Rao");
    await clinic.assign(patient, await clinic.doctor("Dr Meera Iyer"));
    await desk.go("/admin");
    await desk.heading("Overview");
    const figures = (await page.locator(".figures li").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
    assert.deepEqual(figures, ["1 Patients", "1 Doctors", "1 Active mappings", "3 Active users"]);
    for (const [label, value] of [
        ["Version", /^\d+\.\d+\.\d+/],
        ["Database", /answers, in \d+ ms/],
        ["Migrations", /^all applied$/],
    ]) {
        assert.match(await desk.value(label), value);
    }
    const actions = page.getByRole("region", { name: "Last actions" }).getByRole("row");
    const added = actions.filter({ hasText: "Added a patient" }).filter({ hasText: `patient ${patient.id}` });
    assert.equal(await added.count(), 1);
    assert.equal(await added.locator('td[title="patients_create"]').count(), 1);
    await page.locator(".figures").getByRole("link", { name: /Patients/ }).click();
    await desk.heading("Patients");
});

flow(
    "the staff see neither users nor the trail",
    FLOWS,
    async (desk) => {
        desk.watch.expects(403);
        await desk.go("/admin");
        await desk.heading("Overview");
        const sections = await desk.page.getByRole("navigation").getByRole("link").allInnerTexts();
        assert.deepEqual(sections, ["Overview", "Patients", "Doctors", "Mappings"]);
        await desk.go("/admin/users");
        await desk.heading("Not allowed");
    },
    { user: "sam" },
);

flow(
    "who is signed out elsewhere signs in again and comes back",
    FLOWS,
    async (desk) => {
        await desk.go("/admin/patients");
        await desk.heading("Patients");
        await desk.clinic.endSessions("sam");
        await desk.page.getByRole("navigation").getByRole("link", { name: "Doctors" }).click();
        await desk.heading("Sign in");
        await signIn(desk, "sam", PASSWORD);
        await desk.heading("Doctors");
    },
    { user: "sam" },
);

flow(
    "guesses have to wait",
    FLOWS,
    async (desk) => {
        desk.watch.expects(401);
        desk.watch.expects(429);
        await desk.go("/admin");
        // After five each further one has to wait, first a second, then twice as long, and so on.
        let free = 0;
        for (let guess = 1; guess <= 12; guess += 1) {
            const answer = desk.page.waitForResponse((response) => response.request().method() === "POST");
            await signIn(desk, "root", `guess ${guess}`);
            if ((await answer).status() === 429) {
                break;
            }
            free += 1;
            await desk.sees("The name or the password is wrong.");
            await desk.page.waitForFunction(() => document.querySelector("#password").value === "");
        }
        await desk.sees("Too many attempts. Wait a while and try again.");
        await desk.fits();
        assert.ok(free >= 5 && free < 12, `${free} guesses without a wait`);
    },
    { user: null, settings: { HEALTHCORE__LIMITS__ENABLED: "true" } },
);

flow(
    "who has not used the panel for long signs in again and comes back",
    CAN_AGE ? FLOWS : [],
    async (desk) => {
        const { clinic, page } = desk;
        const age = (time) =>
            clinic.server.sql(`UPDATE sessions SET last_used_at = last_used_at - INTERVAL '${time}'`);
        await desk.go("/admin/patients");
        await desk.heading("Patients");
        await age("29 minutes");
        await page.getByRole("navigation").getByRole("link", { name: "Doctors" }).click();
        await desk.heading("Doctors");
        await age("29 minutes");
        await page.getByRole("navigation").getByRole("link", { name: "Mappings" }).click();
        await desk.heading("Mappings");
        await age("31 minutes");
        await page.getByRole("navigation").getByRole("link", { name: "Patients" }).click();
        await desk.heading("Sign in");
        await signIn(desk, "root", PASSWORD);
        await desk.heading("Patients");
    },
);
