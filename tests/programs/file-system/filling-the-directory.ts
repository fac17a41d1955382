// Makes files and directories until no more are allowed, and removes some between: what is removed gives nothing back.
// expect: value ["EDQUOT","EDQUOT"]
const until = async (make: (round: number) => Promise<unknown>) => {
  for (let round = 0; ; round++) {
    try {
      await make(round);
    } catch (error: any) {
      return error.code;
    }
  }
};
const files = await until(async (round) => {
  await fs.writeFile(`/data/file-${round}`, "");
  await fs.rm(`/data/file-${round}`);
});
return [files, await until((round) => fs.mkdir(`/data/directory-${round}`))];
