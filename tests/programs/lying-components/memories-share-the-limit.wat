;; Spreads what it takes over four memories: the limit is for all of them.
;; limits: memory_bytes=8388608
;; expect: value [U32(128)]
(component
  (core module $m
    (memory $a 1) (memory $b 1) (memory $c 1) (memory $d 1)
    (func (export "f") (result i32)
      (loop $again
        (drop (memory.grow $a (i32.const 1)))
        (drop (memory.grow $b (i32.const 1)))
        (drop (memory.grow $c (i32.const 1)))
        (br_if $again (i32.ne (memory.grow $d (i32.const 1)) (i32.const -1))))
      (i32.add
        (i32.add (memory.size $a) (memory.size $b))
        (i32.add (memory.size $c) (memory.size $d)))))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
)
