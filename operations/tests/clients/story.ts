// One player's day by the types that openapi-typescript makes: run with the exchange's address and a name.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };

const [url, name] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl: url });

function given<Data>(answer: { data?: Data; error?: components["schemas"]["Refusal"] }): Data {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error("null");
  return value;
}

const password = "a long passphrase of one's own";
const account = { username: name, email: `${name}@example.org`, password };
const registered = given(await api.POST("/api/v1/auth/register", { body: account }));
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${registered.access}`);
    return request;
  },
});

const quote = given(
  await api.POST("/api/v1/biome-market/quote", { body: { biome: "ocean", side: "buy", spend: "100" } }),
);
const bought = given(
  await api.POST("/api/v1/biome-market/buy", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { biome: "ocean", spend: "100", worst_price: quote.price_after },
  }),
);
if (bought.shares !== quote.shares) throw new Error("not what was quoted");

const lands = given(await api.GET("/api/v1/marketplace/lands", { params: { query: { unowned: true, limit: 1 } } }));
const land = lands.results[0];
if (!land) throw new Error("no land");
const most = present(land.base_price);
given(
  await api.POST("/api/v1/marketplace/lands/{land_id}/buy", {
    params: { path: { land_id: land.id } },
    body: { most },
  }),
);
given(
  await api.POST("/api/v1/marketplace/listings", {
    body: { kind: "auction", land: land.id, price: "5", title: "By the river", words: "", lasts_secs: 86400 },
  }),
);
const auctions = given(
  await api.GET("/api/v1/marketplace/listings", { params: { query: { kind: "auction" } } }),
);
const other = auctions.results.find((listing) => listing.seller !== name);
if (!other) throw new Error("no auction");
given(
  await api.POST("/api/v1/marketplace/listings/{listing_id}/bids", {
    params: { path: { listing_id: other.id } },
    body: { max: present(other.least_bid) },
  }),
);

const kinds: string[] = [];
let cursor: string | undefined;
do {
  const query = cursor === undefined ? { limit: 1 } : { limit: 1, cursor };
  const page = given(await api.GET("/api/v1/marketplace/transactions/audit-trail", { params: { query } }));
  if (typeof page === "string") throw new Error("a file was not asked for");
  kinds.push(...page.results.map((row) => row.kind));
  cursor = page.next ? (new URL(page.next).searchParams.get("cursor") ?? undefined) : undefined;
} while (cursor !== undefined);
console.log(kinds.join(" "));
