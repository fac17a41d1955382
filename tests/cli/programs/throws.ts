interface Order {
  total: number;
}

function totalOf(order: Order | null): number {
  return order!.total;
}

return totalOf(null);
