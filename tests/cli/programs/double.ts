export default (input: number): number => input * 2;
