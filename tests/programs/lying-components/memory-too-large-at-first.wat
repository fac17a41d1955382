;; Wants more memory than it may have before it runs.
;; limits: memory_bytes=8388608
;; expect: out_of_memory
(component
  (core module $m
    (memory 129)
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
