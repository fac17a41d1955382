;; Grows its memory by a page until it cannot, 128 pages of 8 MB, and asks a million times more.
;; limits: memory_bytes=8388608
;; expect: value [U32(128)]
(component
  (core module $m
    (memory 1)
    (func (export "f") (result i32) (local $more i32)
      (local.set $more (i32.const 1000000))
      (loop $again
        (drop (memory.grow (i32.const 1)))
        (local.set $more (i32.sub (local.get $more) (i32.const 1)))
        (br_if $again (local.get $more)))
      (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
)
