// Groups, sums and sorts rows.
// expect: value [["tea",2,7.5],["milk",1,1.2]]
const orders = [{ item: "tea", price: 3 }, { item: "milk", price: 1.2 }, { item: "tea", price: 4.5 }];
const groups = Object.groupBy(orders, (order) => order.item);
return Object.entries(groups)
  .map(([item, list]) => [item, list!.length, list!.reduce((sum, order) => sum + order.price, 0)] as const)
  .toSorted((a, b) => b[2] - a[2]);
