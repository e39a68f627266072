// One's own account: the password, links for a new one, the first administrator, the time zone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Clinic, PASSWORD } from "./lib/clinic.mjs";
import { at, flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const NEW = "staple battery horse";

flow("the password is changed, and other sessions end", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const other = await clinic.cookie("root");
    desk.watch.expects(422);
    await desk.go("/admin");
    await page.locator(".who a").click();
    await desk.heading("Your account");
    await desk.follow("Change the password");
    await desk.heading("Change the password");
    const fill = (current, first, second) =>
        desk.fill({
            "Current password": current,
            "New password": first,
            "The new one once more": second,
        });
    for (const [typed, wrong] of [
        [["not this one", NEW, NEW], /^Current password/],
        [[PASSWORD, NEW, `${NEW}!`], /^The new one once more differs/],
        [[PASSWORD, "password1", "password1"], /^New password/],
    ]) {
        await fill(...typed);
        await desk.press("Change");
        await page.getByRole("alert").getByRole("link", { name: wrong }).waitFor();
        await desk.fits();
        // No password comes back with the page.
        for (const label of ["Current password", "New password", "The new one once more"]) {
            assert.equal(await desk.field(label).inputValue(), "", label);
        }
    }
    await fill(PASSWORD, NEW, NEW);
    await desk.press("Change");
    await desk.says("The password was changed. All other sessions have ended.");
    await desk.heading("Your account");
    assert.equal((await clinic.ask(other, "/admin")).status, 303);
    await assert.rejects(clinic.cookie("root"));
    await clinic.cookie("root", NEW);
});

flow("somebody who forgot the password gets a link, which counts once", FLOWS, async (desk) => {
    const { clinic, look } = desk;
    await desk.go("/admin/users");
    await desk.follow("sam");
    await desk.press("Make a link for a new password");
    await desk.heading("Link for a new password");
    const link = await desk.field("Link").inputValue();
    assert.ok(link.startsWith(`${clinic.base}/admin/reset?key=`), link);
    await at(
        clinic,
        look,
        async (other) => {
            other.watch.expects(422);
            other.watch.expects(404);
            await other.go(link);
            await other.heading("Set a new password");
            await other.sees("For the account sam.");
            await other.fill({ "New password": "password1", "The same once more": "password1" });
            await other.press("Set the password");
            await other.page.getByRole("alert").waitFor();
            await other.fits();
            await other.fill({ "New password": NEW, "The same once more": NEW });
            await other.press("Set the password");
            await other.says("The password was changed. Sign in with the new one.");
            await other.fill({ "User name or e-mail address": "sam", Password: NEW });
            await other.press("Sign in");
            await other.heading("Overview");
            await other.go(link);
            await other.sees("This link does not work any more.");
            await other.fits();
        },
        "the one with the link",
        null,
    );
    await assert.rejects(clinic.cookie("sam"));
});

flow("a chosen time zone holds for all pages of this browser", FLOWS, async (desk) => {
    const patient = await desk.clinic.patient("Asha Rao");
    await desk.go(patient.page);
    const before = await desk.value("Added");
    await desk.page.getByRole("contentinfo").getByRole("link", { name: "UTC" }).click();
    await desk.heading("Your account");
    await desk.fill({ "Time zone of the times on all pages": "Asia/Kolkata" });
    await desk.press("Save the time zone");
    await desk.says("Times are shown in this time zone from now on.");
    await desk.go(patient.page);
    assert.match(await desk.page.getByRole("contentinfo").innerText(), /Asia\/Kolkata/);
    const moved =
        Date.parse(`${(await desk.value("Added")).replace(" ", "T")}Z`) -
        Date.parse(`${before.replace(" ", "T")}Z`);
    assert.equal(moved, 5.5 * 60 * 60 * 1000);
});

for (const look of FLOWS) {
    test(`the first administrator is made by the link that the server prints (${look.name})`, async () => {
        const clinic = await Clinic.empty();
        clinic.look = look;
        try {
            const link = /^\s+(http\S+\/admin\/set-up\S+)$/m.exec(clinic.server.log())?.[1];
            assert.ok(link, clinic.server.log());
            await at(
                clinic,
                look,
                async (desk) => {
                    desk.watch.expects(404);
                    desk.watch.expects(422);
                    await desk.go("/admin/set-up?key=0000");
                    await desk.heading("Not found");
                    await desk.go(link);
                    await desk.heading("Set up the first administrator");
                    await desk.fill({ "User name": "root", Password: NEW, "The same once more": "other" });
                    await desk.press("Make the account");
                    await desk.page.getByRole("alert").waitFor();
                    await desk.fits();
                    if (look.script) {
                        await desk.isAccessible();
                    }
                    assert.equal(await desk.field("User name").inputValue(), "root");
                    await desk.fill({ Password: NEW, "The same once more": NEW });
                    await desk.press("Make the account");
                    await desk.heading("Sign in");
                    await desk.fill({ "User name or e-mail address": "root", Password: NEW });
                    await desk.press("Sign in");
                    await desk.heading("Overview");
                    await desk.go(link);
                    await desk.heading("Not found");
                },
                `the first administrator ${look.name}`,
                null,
            );
        } finally {
            await clinic.close();
        }
    });
}
