;; Takes the compiler more memory than it may have.
;; limits: compile_memory_mb=24
;; expect: refused the compiler gave up on the component
(component
  (core module
    (memory 1)
    (func (param i32 i32)
;; nest 4000
      (loop (local.set 1 (i32.add (local.get 0) (local.get 1)))
;; within
      (br_if 0 (local.get 1)))
;; end
    ))
)
