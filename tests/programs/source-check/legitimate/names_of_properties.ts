// Methods and fields may have any name.
// checked: returns {"eval":6,"process":"a","fetch":[1],"require":true}
class Pipeline {
  process = 'a';
  eval(factor: number) {
    return factor * 2;
  }
  fetch() {
    return [1];
  }
}
const pipeline = new Pipeline();
const options = { require: true, import: false };
return { eval: pipeline.eval(3), process: pipeline.process, fetch: pipeline['fetch'](), require: options.require };
