;; Has components within one another, seventeen levels.
;; expect: refused components within one another, and at most 16 are compiled
(component
;; nest 17
  (component
;; within
  )
;; end
)
