/** What the service answers, asked for as the views need it. Nothing else in the page talks to the network. */

import { askForToken, token } from "./token.js";

/** @typedef {{ word: string, score: number }} Scored */
/** @typedef {"3cosadd" | "3cosmul"} Method */
/** @typedef {{ name: string, words: number, dims: number, spec: string, bytes: number }} Table */
/** @typedef {{ name: string, value: number | null, original: number | null, items: number, note: string }} TestSet */
/** @typedef {{ kept: number | null, value: number | null, original: number | null, items: number, note: string, sets: TestSet[] }} Kept */

/**
 * @typedef {object} Certificate
 * @property {{ both_coded: number, exact_query: number, k: number, words: number }} neighbours
 * @property {Kept} spearman
 * @property {Kept} analogies
 * @property {{ cosine: number, mse: number, eigenspace_overlap: number, rows: number }} geometry
 * @property {number} float32_bytes
 * @property {{ first_rows: number, analogy_rows: number }} samples
 * @property {number} seed
 * @property {Record<string, string | null>} versions
 */

/** @typedef {{ spec: string, bytes: number, quality: number, rows: number }} Trial */
/** @typedef {{ goal: Record<string, string | number>, front: Trial[] }} Choice */
/** @typedef {{ certificate: Certificate | null, source: { name?: string, bytes?: number } | null, choice: Choice | null }} Facts */
/** @typedef {Table & Facts} Info */

/** What the service refused, in its own words. */
export class Refusal extends Error {}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Table[]>}
 */
export async function tables(signal) {
  return (await ask("v1/tables", null, signal)).tables;
}

/**
 * @param {string} table
 * @param {AbortSignal} signal
 * @returns {Promise<Info>}
 */
export function info(table, signal) {
  return ask(`${path(table)}/info`, null, signal);
}

/**
 * Words that begin so, the most frequent first.
 *
 * @param {string} table
 * @param {string} prefix
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
export async function completions(table, prefix, signal) {
  const query = new URLSearchParams({ prefix });
  const answer = await ask(`${path(table)}/complete?${query}`, null, signal);
  return answer.words.map((/** @type {{ word: string }} */ each) => each.word);
}

/**
 * @param {string} table
 * @param {string} word
 * @param {number} k
 * @param {AbortSignal} signal
 * @returns {Promise<Scored[]>}
 */
export async function neighbours(table, word, k, signal) {
  const answer = await ask(`${path(table)}/neighbours`, { words: [word], k }, signal);
  if (answer.neighbours[0] === null) {
    throw new Refusal(`${table} has no vector for \u201c${word}\u201d. Type its first letters to see the words there are.`);
  }
  return answer.neighbours[0].map(scored);
}

/**
 * A vector for each word; every word has one.
 *
 * @param {string} table
 * @param {string[]} words
 * @param {AbortSignal} signal
 * @returns {Promise<number[][]>}
 */
export async function vectors(table, words, signal) {
  return (await ask(`${path(table)}/vectors`, { words }, signal)).vectors;
}

/**
 * The cosine of each pair, null where a word has no vector.
 *
 * @param {string} table
 * @param {string[][]} pairs
 * @param {AbortSignal} signal
 * @returns {Promise<(number | null)[]>}
 */
export async function similarities(table, pairs, signal) {
  return (await ask(`${path(table)}/similarity`, { pairs }, signal)).similarities;
}

/**
 * What is to c as b is to a.
 *
 * @param {string} table
 * @param {{ a: string, b: string, c: string }} words
 * @param {Method} method
 * @param {number} k
 * @param {AbortSignal} signal
 * @returns {Promise<Scored[]>}
 */
export async function analogies(table, { a, b, c }, method, k, signal) {
  const answer = await ask(`${path(table)}/analogy`, { positive: [b, c], negative: [a], k, method }, signal);
  return answer.neighbours.map(scored);
}

/** @param {string} table */
const path = (table) => `v1/${encodeURIComponent(table)}`;

/** @param {{ word: string, similarity: number }} each */
const scored = ({ word, similarity }) => ({ word, score: similarity });

/**
 * Ask for JSON, with a body or without one; where the service wants a token, with the one that the reader gives.
 *
 * @param {string} target
 * @param {unknown} body
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
async function ask(target, body, signal) {
  const shown = token();
  const headers = new Headers();
  if (shown) headers.set("authorization", `Bearer ${shown}`);
  if (body !== null) headers.set("content-type", "application/json");
  const request = body === null ? { headers, signal } : { method: "POST", headers, signal, body: JSON.stringify(body) };
  const response = await reached(target, request);
  if (response.status === 401) {
    if (await askForToken(shown)) return ask(target, body, signal);
    throw new Refusal("The service answers nobody without its token. Reload the page to give it.");
  }
  if (!response.ok) throw new Refusal(await reason(response));
  return response.json();
}

/**
 * @param {string} target
 * @param {RequestInit} request
 */
async function reached(target, request) {
  try {
    return await fetch(target, request);
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal("The service cannot be reached. Is it still running?");
    throw error;
  }
}

/**
 * The text of a problem document (RFC 9457), or the status where there is none.
 *
 * @param {Response} response
 */
async function reason(response) {
  const text = await response.text();
  try {
    return String(JSON.parse(text).detail);
  } catch {
    return `The service answered ${response.status} ${response.statusText}.`;
  }
}
