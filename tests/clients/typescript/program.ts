// Uses the service through the types that openapi-typescript generates and openapi-fetch, and
// nothing else.
//
// A trainee takes a position, is supervised and attains a goal; then lists, the feed, a report on
// two days, and two refusals whose facts are members. scripts/clients.sh generates the types and
// runs this.

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string> };

const MUNICIPALITY = "1804";
const GOAL = "ALM-001";
const firstHpr = Number(process.env.ALIS_FIRST_HPR);
const client = createClient<paths>({
  baseUrl: process.env.ALIS_URL!,
  headers: { Authorization: `Bearer ${process.env.ALIS_TOKEN}` },
});

function must(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

/** What was answered, which must be of this status. */
function the<T>(answer: { data?: T; error?: unknown; response: Response }, status: number): T {
  must(answer.response.status === status, [answer.response.status, answer.error]);
  must(answer.data !== undefined, "no body");
  return answer.data;
}

/** The problem that was answered, which must be of this status. */
function refusal<E>(answer: { error?: E; response: Response }, status: number): E {
  must(answer.response.status === status, [answer.response.status, answer.error]);
  must(answer.error !== undefined, "no problem");
  return answer.error;
}

/** What is recorded: the answer of a change, which is no rehearsal. */
function recorded<T extends object>(answer: T): Exclude<T, { dry_run: boolean }> {
  must(!("dry_run" in answer), answer);
  return answer as Exclude<T, { dry_run: boolean }>;
}

const start = await positionOfLog();
const trainee = recorded(the(await client.POST("/v1/trainees", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { hpr_number: `${firstHpr}`, name: "Kari Eksempel", scheme: "new" },
}), 201));
const again = refusal(await client.POST("/v1/trainees", {
  body: { hpr_number: `${firstHpr}`, name: "Liv Eksempel", scheme: "new" },
}), 409) as components["schemas"]["ConflictProblem"];
must(again.code === "trainee_exists" && again.trainee === trainee.id, again);
const position = await holdPosition(trainee.id);
await superviseAndAttain(trainee.id);
await pageThrough(position);
await followFeed(trainee.id);
await compareDays();
const shown = the(await client.GET("/v1/trainees/{id}", {
  params: { path: { id: trainee.id } },
}), 200);
must(shown.name === "Kari Eksempel" && shown.hpr_number === `${firstHpr}`, shown);
must(shown.positions.length === 1 && shown.positions[0]?.position === position, shown);
console.log("typescript: ok");

async function positionOfLog(): Promise<string> {
  let after = "0";
  for (;;) {
    const answer = await client.GET("/v1/events", { params: { query: { after, limit: 1000 } } });
    the(answer, 200);
    after = answer.response.headers.get("log-position")!;
    if (!answer.response.headers.get("link")?.includes('rel="next"')) return after;
  }
}

async function holdPosition(who: string): Promise<string> {
  const body = {
    municipality: MUNICIPALITY, category: "regular_gp", percent: 100,
    intended_operating_model: "salaried", from: "2020-01-01",
  } as const;
  const rehearsed = the(await client.POST("/v1/positions", {
    params: { query: { dry_run: true } }, body,
  }), 200);
  must("dry_run" in rehearsed && rehearsed.status === 201, rehearsed);
  must(rehearsed.events.length === 1 && rehearsed.resource.municipality === MUNICIPALITY, rehearsed);
  const made = await client.POST("/v1/positions", { body });
  const { id } = recorded(the(made, 201));
  const etag = made.response.headers.get("etag")!;
  const filled = recorded(the(await client.POST("/v1/positions/{id}/occupancies", {
    params: { path: { id }, header: { "If-Match": etag } },
    body: { trainee: who, from: "2020-02-01", percent: 100, operating_model: "salaried" },
  }), 201));
  must(filled.trainee === who && filled.to === null && filled.percent === 100, filled);
  // What has changed since the version that is named is told.
  const stale = refusal(await client.POST("/v1/positions/{id}/correction", {
    params: { path: { id }, header: { "If-Match": etag } },
    body: { percent: 80, reason: "Forsøk" },
  }), 412) as components["schemas"]["StaleVersionProblem"];
  must(stale.current_etag === `"${stale.current}"`, stale);
  must(stale.unseen_events?.[0]?.type === "no.alis.position.filled.v1", stale);
  return id;
}

async function superviseAndAttain(who: string): Promise<void> {
  const leader = recorded(the(await client.POST("/v1/leaders", {
    body: {
      name: "Grete Eksempel", municipality: MUNICIPALITY, from: "2020-01-01",
      hpr_number: `${firstHpr + 1}`,
    },
  }), 201)).id;
  const roles = ["supervisor", "clinical_supervisor"] as const;
  const supervisors: string[] = [];
  for (const number of roles.keys()) {
    supervisors.push(recorded(the(await client.POST("/v1/supervisors", {
      body: {
        name: "Ola Eksempel", hpr_number: `${firstHpr + 2 + number}`,
        specialist_since: "2010-01-01",
      },
    }), 201)).id);
  }
  const proposed = recorded(the(await client.POST("/v1/supervisor-assignments", {
    body: { trainee: who, supervisor: supervisors[0]!, from: "2020-02-01", mode: "on_site" },
  }), 201));
  const accepted = recorded(the(await client.POST("/v1/supervisor-assignments/{id}/acceptance", {
    params: { path: { id: proposed.id } }, body: { on: "2020-01-20" },
  }), 200));
  const warning = accepted.warnings[0];
  must(warning?.code === "no_supervisor_course" && warning.detail.length > 0, accepted);
  the(await client.POST("/v1/trainees/{id}/plans", {
    params: { path: { id: who } },
    body: { curriculum: "demo-1", plan: "alm", by: leader, on: "2020-02-03" },
  }), 201);
  const path = { id: who, code: GOAL };
  the(await client.POST("/v1/trainees/{id}/learning-goals/{code}/submission", {
    params: { path }, body: { on: "2020-05-04" },
  }), 200);
  const decide = () => client.POST("/v1/trainees/{id}/learning-goals/{code}/decision", {
    params: { path }, body: { by: leader, outcome: "approved", on: "2020-05-06" },
  });
  const refused = refusal(await decide(), 409) as components["schemas"]["ConflictProblem"];
  must(refused.code === "recommendations_missing", refused);
  must(refused.missing?.join() === roles.join(), refused);
  for (const [number, role] of roles.entries()) {
    the(await client.POST("/v1/trainees/{id}/learning-goals/{code}/recommendations", {
      params: { path },
      body: { by: supervisors[number]!, role, verdict: "positive", on: "2020-05-05" },
    }), 200);
  }
  const approved = recorded(the(await decide(), 200));
  must(approved.situation === "approved", approved);
}

async function pageThrough(id: string): Promise<void> {
  const found: string[] = [];
  const reached = await positionOfLog();
  for (let cursor: string | undefined; ;) {
    const page = the(await client.GET("/v1/positions", {
      params: {
        query: { municipality: MUNICIPALITY, limit: 2, cursor },
        header: { "Min-Log-Position": reached },
      },
    }), 200);
    must(page.items.length <= 2, page);
    found.push(...page.items.map((item) => item.id));
    if (!page.next_cursor) break;
    cursor = page.next_cursor;
  }
  must(found.filter((one) => one === id).length === 1, found);
  must(new Set(found).size === found.length && found.length > 1, found);
}

async function followFeed(who: string): Promise<void> {
  const answer = await client.GET("/v1/events", {
    params: { query: { after: start, subject: `trainee:${who}` } },
  });
  const events = the(answer, 200);
  // One of three forms, which the media type tells apart; the others are texts.
  must(typeof events !== "string", events);
  const types = events.map((event) => event.type.replace("no.alis.", ""));
  must(types.join() === "trainee.registered.v1,position.filled.v1", types);
  const data = events[1]!.data as components["schemas"]["PositionFilledV1Data"];
  must(data.trainee === who, data);
  const places = events.map((event) => BigInt(event.position));
  must(places.every((place, n) => place > (places[n - 1] ?? BigInt(start))), events);
  const ofGoal = the(await client.GET("/v1/events", {
    params: {
      query: {
        after: `${places.at(-1)}`, subject: `goal:${who}/${GOAL}`,
        types: "no.alis.learning_goal.submitted.v1,no.alis.learning_goal.approved.v1",
      },
    },
  }), 200);
  must(typeof ofGoal !== "string" && ofGoal.length === 2, ofGoal);
  must(ofGoal[1]?.type === "no.alis.learning_goal.approved.v1", ofGoal);
}

async function compareDays(): Promise<void> {
  const reached = await positionOfLog();
  const on = async (as_of: string, known_at?: string) => the(
    await client.GET("/v1/reports/staffing", {
      params: {
        query: { municipality: MUNICIPALITY, as_of, known_at },
        header: { "Min-Log-Position": reached },
      },
      headers: { Accept: "application/json" },
    }), 200);
  const [before, after] = [await on("2019-06-01"), await on("2020-03-31")];
  must(typeof before !== "string" && typeof after !== "string", "a table");
  must((after.totals.filled ?? 0) > (before.totals.filled ?? 0), [before, after]);
  const unchanged = await on("2020-03-31", `${after.known_at}`);
  must(typeof unchanged !== "string", "a table");
  must(JSON.stringify(unchanged.totals) === JSON.stringify(after.totals), unchanged);
}
