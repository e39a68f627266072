// The server under test: a process with a database of its own, on a free port.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { PostgresClient } from "./packages.mjs";

export const PASSWORD = "correct horse battery";

const START_MS = 30_000;
const STOP_MS = 20_000;
const OWN = ["HEALTHCORE_", "DATABASE_", "POSTGRES_", "DB_", "JWT_", "SECRET_", "DJANGO_"];
const CLUSTER = process.env.HEALTHCORE_TEST_POSTGRES_URL;
const IS_POSTGRES = process.env.BROWSER_TEST_DATABASE === "postgres";

/** Waits until `ready` gives something that is not undefined. */
export async function until(what, ready, milliseconds = START_MS) {
    const deadline = Date.now() + milliseconds;
    for (;;) {
        const found = await ready();
        if (found !== undefined) {
            return found;
        }
        if (Date.now() > deadline) {
            throw new Error(`not within ${milliseconds} ms: ${what}`);
        }
        await pause(20);
    }
}

export class Server {
    /**
     * A database with an administrator `root`, not yet served; with `like` a copy of that server's, which has ended.
     */
    static async prepare({ settings = {}, like, admin = true } = {}) {
        const server = new Server();
        server.folder = mkdtempSync(join(tmpdir(), "healthcore-browser-"));
        try {
            server.environment = await server.settings(settings, like);
            if (like) {
                cpSync(join(like.folder, "data"), join(server.folder, "data"), { recursive: true });
            } else {
                server.command("migrate");
            }
            if (admin && !like) {
                server.command("create-admin", "--noinput");
            }
        } catch (error) {
            await server.stop();
            throw error;
        }
        return server;
    }

    async settings(more, like) {
        const inherited = Object.entries(process.env).filter(
            ([name]) => !OWN.some((own) => name.startsWith(own)),
        );
        return {
            ...Object.fromEntries(inherited),
            HEALTHCORE_DATA_DIR: join(this.folder, "data"),
            // Many people of a test come from one address, and no password is worth guessing.
            HEALTHCORE__LIMITS__ENABLED: "false",
            HEALTHCORE__AUTH__PASSWORD_COST: "4",
            HEALTHCORE__LOG__LEVEL: "warn",
            DJANGO_SUPERUSER_USERNAME: "root",
            DJANGO_SUPERUSER_PASSWORD: PASSWORD,
            ...(IS_POSTGRES ? { DATABASE_URL: await this.createDatabase(like) } : {}),
            ...more,
        };
    }

    async createDatabase(like) {
        const name = `browser_${randomBytes(6).toString("hex")}`;
        await onCluster(`CREATE DATABASE ${name}${like ? ` TEMPLATE ${like.database}` : ""}`);
        this.database = name;
        const url = new URL(CLUSTER);
        url.pathname = `/${name}`;
        return url.href;
    }

    /** Runs a command of the program with the same settings; gives what it prints. */
    command(...words) {
        const done = spawnSync(process.env.BROWSER_TEST_BINARY, words, {
            cwd: this.folder,
            env: this.environment,
            encoding: "utf8",
            timeout: START_MS,
        });
        if (done.status !== 0) {
            throw new Error(`healthcore ${words.join(" ")}: ${done.error ?? done.stderr}`);
        }
        return done.stdout;
    }

    /** Serves. */
    async run() {
        this.logFile = join(this.folder, "server.log");
        const log = openSync(this.logFile, "a", 0o600);
        this.process = spawn(process.env.BROWSER_TEST_BINARY, ["serve", "--bind", "127.0.0.1:0"], {
            cwd: this.folder,
            env: this.environment,
            stdio: ["ignore", log, log],
        });
        closeSync(log);
        const address = await until("the server says where it listens", () => {
            if (this.process.exitCode !== null) {
                throw new Error(`the server did not start:\n${this.log()}`);
            }
            return /listens on (\S+)\n/.exec(this.log())?.[1];
        });
        this.base = `http://${address}`;
        this.host = address;
    }

    /** Does to the database what only time would do; on PostgreSQL only. */
    sql(statement) {
        return on(this.environment.DATABASE_URL, statement);
    }

    log() {
        return readFileSync(this.logFile, "utf8");
    }

    /** What the server says went wrong. */
    faults() {
        return this.log()
            .split("\n")
            .filter((line) => line.includes("panicked") || line.includes('"level":"ERROR"'));
    }

    /** Ends the process. */
    async end() {
        if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
            const ended = new Promise((resolve) => this.process.once("exit", resolve));
            this.process.kill("SIGTERM");
            const killer = setTimeout(() => this.process.kill("SIGKILL"), STOP_MS);
            await ended;
            clearTimeout(killer);
        }
    }

    /** Ends the process and takes everything away that it had. */
    async stop() {
        await this.end();
        if (this.database) {
            await onCluster(`DROP DATABASE ${this.database} WITH (FORCE)`);
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}

function onCluster(statement) {
    return on(CLUSTER, statement);
}

async function on(connectionString, statement) {
    const client = new PostgresClient({ connectionString });
    await client.connect();
    try {
        await client.query(statement);
    } finally {
        await client.end();
    }
}
