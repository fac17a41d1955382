// The everyday: rows in, totals out.
// checked: returns [{"customer":"b","total":30},{"customer":"a","total":12.5}]
interface Order { customer: string; price: number; quantity: number }
const orders: Order[] = [
  { customer: 'a', price: 2.5, quantity: 5 },
  { customer: 'b', price: 10, quantity: 1 },
  { customer: 'b', price: 4, quantity: 5 },
];
const totals = new Map<string, number>();
for (const { customer, price, quantity } of orders) {
  totals.set(customer, (totals.get(customer) ?? 0) + price * quantity);
}
return [...totals].map(([customer, total]) => ({ customer, total })).sort((a, b) => b.total - a.total);
