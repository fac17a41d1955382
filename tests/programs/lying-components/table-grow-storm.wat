;; Grows a table until it cannot.
;; limits: table_elements=1000
;; expect: value [U32(1000)]
(component
  (core module $m
    (table $t 1 funcref)
    (func (export "f") (result i32)
      (loop $again
        (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1))))
      (table.size $t)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
)
