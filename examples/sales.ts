// Revenue per region of an order list, best region first.
//
//     vesicle run examples/sales.ts --input-text @examples/sales.csv

interface Region {
  region: string;
  orders: number;
  revenue: number;
  bestProduct: string;
}

/** Fields may be quoted; a doubled quote inside quotes is a quote. */
function parseCsv(text: string): Record<string, string>[] {
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim(),
      ),
    );
  const [names = [], ...records] = rows;
  return records.map((record, index) => {
    if (record.length !== names.length) {
      throw new Error(`order ${index + 1} has ${record.length} fields instead of ${names.length}`);
    }
    return Object.fromEntries(names.map((name, column) => [name, record[column]]));
  });
}

const cents = (amount: number) => Math.round(amount * 100) / 100;

const orders = parseCsv(input as string).map((order) => ({
  region: order.region,
  product: order.product,
  revenue: Number(order.quantity) * Number(order.unit_price),
}));

const regions = Object.entries(Object.groupBy(orders, (order) => order.region)).map(
  ([region, orders = []]): Region => {
    const products = new Map<string, number>();
    for (const { product, revenue } of orders) {
      products.set(product, (products.get(product) ?? 0) + revenue);
    }
    const [bestProduct] = [...products].sort(([, a], [, b]) => b - a)[0];
    const revenue = orders.reduce((sum, order) => sum + order.revenue, 0);
    return { region, orders: orders.length, revenue: cents(revenue), bestProduct };
  },
);

return {
  orders: orders.length,
  revenue: cents(regions.reduce((sum, region) => sum + region.revenue, 0)),
  regions: regions.sort((a, b) => b.revenue - a.revenue),
};
