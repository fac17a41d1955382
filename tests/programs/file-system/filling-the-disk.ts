// Writes until nothing more is taken, in one file and in many: the quota ends it, and no byte beyond it is there.
// expect: value ["EDQUOT",true,"EDQUOT"]
const block = "x".repeat(64 << 10);
const told: unknown[] = [];
const until = async (write: (round: number) => Promise<void>) => {
  for (let round = 0; ; round++) {
    try {
      await write(round);
    } catch (error: any) {
      return error.code;
    }
  }
};
told.push(await until(() => fs.appendFile("/data/large", block)));
told.push((await fs.stat("/data/large")).size <= 1 << 20);
told.push(await until((round) => fs.writeFile(`/data/large-${round}`, block)));
return told;
