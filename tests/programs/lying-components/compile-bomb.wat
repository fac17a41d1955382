;; Takes the compiler minutes with 50 KB, by loops within loops: it is ended at its time.
;; limits: compile_ms=1500
;; expect: refused the component was not compiled within 1.5 s
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
