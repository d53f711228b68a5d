//! Grace periods: of a kill, and of a whole Pod (kubelet `setTerminationGracePeriod`, `killContainer`, `calculateEffectiveGracePeriod`).
