// What viem, a wallet's library, makes of ours. Orders come as JSON on standard input, answers leave as JSON.
//     node wallet.cjs FOLDER_WITH_NODE_MODULES
// sign: typed data with a key. verify: a signature of typed data. read: a call of a contract. events: its log, decoded.

"use strict";

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const from = createRequire(join(process.argv[2], "package.json"));
const { createPublicClient, hashTypedData, http, verifyTypedData } = from("viem");
const { privateKeyToAccount } = from("viem/accounts");

const orders = {
  async sign({ key, typed }) {
    const account = privateKeyToAccount(key);
    return { address: account.address, hash: hashTypedData(typed), signature: await account.signTypedData(typed) };
  },

  verify: ({ address, typed, signature }) => verifyTypedData({ address, signature, ...typed }),

  read: ({ url, address, abi, functionName, args }) =>
    createPublicClient({ transport: http(url) }).readContract({ address, abi, functionName, args }),

  async events({ url, address, abi, eventName, fromBlock }) {
    const client = createPublicClient({ transport: http(url) });
    const logs = await client.getContractEvents({ address, abi, eventName, fromBlock: BigInt(fromBlock), strict: true });
    return logs.map((log) => log.args);
  },
};

async function main() {
  const { order, ...given } = JSON.parse(readFileSync(0, "utf8"));
  const answer = await orders[order](given);
  process.stdout.write(JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? value.toString() : value)));
}

main();
