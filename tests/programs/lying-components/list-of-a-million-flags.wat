;; Returns a million values of a byte each that come to names of a hundred characters each: what is handed over at once is bounded as it arrives.
;; expect: limit handover_bytes
(component
  (type $f' (enum "a-name-that-is-long-enough-to-cost-the-host-much-more-than-the-byte-that-it-costs-the-guest-to-say-it"))
  (export $f "t" (type $f'))
  (core module $m
    (memory (export "memory") 16)
    (func (export "f") (result i32)
      (i32.store (i32.const 16) (i32.const 32))
      (i32.store (i32.const 20) (i32.const 1000000))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "f") (result (list $f))
    (canon lift (core func $i "f") (memory (core memory $i "memory"))))
)
