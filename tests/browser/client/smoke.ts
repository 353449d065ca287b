// Asks every operation once through a client that was generated from the document, and prints what came of it.
// node smoke.js ADDRESS CLIENT_ID KEY_FILE
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";

import * as api from "./client";
import { client } from "./client/client.gen";

const [address, clientId, keyFile] = process.argv.slice(2);
const asked: string[] = [];

function told<T>(name: string, answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
  asked.push(name);
  return answer.data;
}

function signed(): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: `${address}/v1/token`,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
  };
  const text = `${part({ alg: "EdDSA", typ: "JWT" })}.${part(claims)}`;
  const key = createPrivateKey(readFileSync(keyFile));
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}

async function main(): Promise<void> {
  client.setConfig({ baseUrl: `${address}/v1` });
  const editions = told("listEditions", await api.listEditions({ query: { pageSize: 1 } }));
  const release = editions.results[0].id;
  const edition = told("getEdition", await api.getEdition({ path: { release } }));
  const figures = told("listEditionFigures", await api.listEditionFigures({ path: { release }, query: { pageSize: 2 } }));
  const proof = told("getEditionProof", await api.getEditionProof({ path: { release, place: figures.results[1].place } }));
  told("listSigningKeys", await api.listSigningKeys());
  told("getOpenApi", await api.getOpenApi());
  const token = told(
    "createToken",
    await api.createToken({
      body: {
        grant_type: "client_credentials",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: signed(),
      },
    }),
  );
  client.setConfig({ baseUrl: `${address}/v1`, auth: token.access_token });
  const measured = told("getFigures", await api.getFigures({ query: { referenceDate: "2020-11-01" } }));
  const series = told("getSeries", await api.getSeries({ query: { indicator: "present" } }));
  told("getReviewAnalysis", await api.getReviewAnalysis());
  const sets = told("listDefinitionSets", await api.listDefinitionSets());
  told("getDefinitionSet", await api.getDefinitionSet({ path: { name: sets.results[0].id } }));
  const lists = told("listReferenceLists", await api.listReferenceLists());
  told("getReferenceList", await api.getReferenceList({ path: { name: lists.results[0].id } }));
  const releases = told("listReleases", await api.listReleases());
  const exact = { release: releases.results[0].id };
  told("getRelease", await api.getRelease({ path: exact }));
  told("listReleaseFigures", await api.listReleaseFigures({ path: exact }));
  told("getReleaseProof", await api.getReleaseProof({ path: { ...exact, place: 0 } }));
  const refused = await api.getSeries({ query: { indicator: "verzonnen" } as never });
  console.log(
    JSON.stringify({
      asked,
      cells: edition.cells.length,
      proven: proof.cell,
      second: edition.cells[1],
      sheltered: measured.cells.find((cell) => cell.indicator === "sheltered" && cell.scope === "NL")?.count,
      points: series.points.length,
      refusal: refused.error,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
