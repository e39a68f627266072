// Accounts, their sessions, and the trail.

import assert from "node:assert/strict";

import { at, flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

/** Opens the page of an account by way of the list. */
async function account(desk, username) {
    await desk.go("/admin/users");
    await desk.follow(username);
    await desk.heading(username);
    await desk.fits();
}

flow("accounts are searched and filtered", FLOWS.slice(0, 2), async (desk) => {
    await desk.go("/admin/users");
    await desk.sees("3 records");
    await desk.fill({ Search: "SA" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.getByRole("link", { name: "sam", exact: true }).waitFor();
    await desk.follow("Reset");
    await desk.sees("3 records");
    await desk.fill({ Role: "admin" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.locator("td").getByRole("link", { name: "root" }).waitFor();
});

flow("a role is changed, and the panel opens to who has it", FLOWS, async (desk) => {
    await account(desk, "ann");
    await desk.fill({ Role: "staff" });
    await desk.press("Save role and state (ends all sessions of the user)");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Role"), "staff");
    await desk.other("ann", async (other) => {
        await other.go("/admin/patients");
        await other.heading("Patients");
    });
});

flow("who is made inactive is out at once", FLOWS, async (desk) => {
    const { clinic, look } = desk;
    await at(clinic, look, async (other) => {
        await other.go("/admin/patients");
        await other.heading("Patients");
        await account(desk, "sam");
        await desk.fill({ "May sign in": "no" });
        await desk.press("Save role and state (ends all sessions of the user)");
        await desk.says("The record was saved.");
        assert.equal(await desk.value("Active"), "no");
        await other.go("/admin/patients");
        await other.heading("Sign in");
    }, "out at once", "sam");
    await assert.rejects(clinic.cookie("sam"));
});

flow("one session is ended, then all of them", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const first = await clinic.cookie("sam");
    const second = await clinic.cookie("sam");
    const isIn = async (cookie) => (await clinic.ask(cookie, "/admin/patients")).status === 200;
    assert.ok((await isIn(first)) && (await isIn(second)));
    await account(desk, "sam");
    const ends = page.getByRole("region", { name: "Sessions" }).getByRole("button");
    const count = await ends.count();
    await ends.first().click();
    await desk.says("It has ended.");
    assert.equal(await ends.count(), count - 1);
    assert.notEqual(await isIn(first), await isIn(second));
    await desk.press("End all sessions");
    await desk.sees("The user has no session.");
    assert.ok(!(await isIn(first)) && !(await isIn(second)));
});

flow("the last administrator stays one", FLOWS, async (desk) => {
    desk.watch.expects(422);
    await account(desk, "root");
    await desk.fill({ Role: "patient" });
    await desk.press("Save role and state (ends all sessions of the user)");
    await desk.sees("This is the last active administrator.");
    await desk.fits();
    await account(desk, "root");
    assert.equal(await desk.value("Role"), "admin");
});

flow("the trail tells who did what, and is filtered", FLOWS.slice(0, 2), async (desk) => {
    const { clinic, page } = desk;
    const patient = await clinic.patient("Asha Rao");
    await desk.go(patient.page);
    await desk.go("/admin/audit");
    await desk.heading("Audit");
    await desk.sees("admin_patients_get");
    await desk.fill({ "Patient's id": String(patient.id) });
    await desk.press("Show");
    await page.waitForURL(/patient=/);
    await page.locator("tbody tr").filter({ hasText: "patients_create" }).filter({ hasText: "ann" }).waitFor();
    await page.locator("tbody tr").filter({ hasText: "admin_patients_get" }).filter({ hasText: "root" }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 2);
    await desk.fits();
    await desk.follow("Reset");
    await desk.fill({ Outcome: "not_found" });
    await desk.press("Show");
    await desk.sees("No event matches.");
});
