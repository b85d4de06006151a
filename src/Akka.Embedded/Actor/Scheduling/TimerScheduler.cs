// An actor's own timers, by key. A timer's message carries the timer's generation: what was under way when the
// timer was cancelled, replaced, or left behind by a restart is dropped when its turn comes.
namespace Akka.Actor
{
    /// <summary>Wants timers; they are there from the constructor on and end with the instance.</summary>
    public interface IWithTimers
    {
        ITimerScheduler Timers { get; set; }
    }

    /// <summary>Timers of one actor. A new timer replaces the one of the same key.</summary>
    public interface ITimerScheduler
    {
        void StartPeriodicTimer(object key, object msg, TimeSpan interval);
        void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);
        void StartSingleTimer(object key, object msg, TimeSpan timeout);
        bool IsTimerActive(object key);
        void Cancel(object key);
        void CancelAll();
    }
}

namespace Akka.Actor.Scheduler
{
    /// <summary>What a timer sends instead of the message itself.</summary>
    internal class TimerMessage(TimerScheduler owner, object key, int generation, object message)
        : IAutoReceivedMessage, IWrappedMessage, INoSerializationVerificationNeeded
    {
        public object Message => message;
        internal TimerScheduler Owner => owner;
        internal object Key => key;
        internal int Generation => generation;
    }

    internal sealed class QuietTimerMessage(TimerScheduler owner, object key, int generation, object message)
        : TimerMessage(owner, key, generation, message), INotInfluenceReceiveTimeout;

    internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
    {
        private readonly Dictionary<object, (int Generation, bool Repeats, ICancelable Task)> _timers = [];
        private int _generation;

        public void StartPeriodicTimer(object key, object msg, TimeSpan interval) =>
            Start(key, msg, interval, interval);

        public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) =>
            Start(key, msg, initialDelay, interval);

        public void StartSingleTimer(object key, object msg, TimeSpan timeout) =>
            Start(key, msg, timeout, interval: null);

        public bool IsTimerActive(object key) => _timers.ContainsKey(key);

        public void Cancel(object key)
        {
            if (_timers.Remove(key, out var timer))
            {
                timer.Task.Cancel();
            }
        }

        public void CancelAll()
        {
            foreach (var timer in _timers.Values)
            {
                timer.Task.Cancel();
            }

            _timers.Clear();
        }

        /// <summary>False where the message is not of the timer that runs now, and is to be dropped.</summary>
        internal bool TryTake(TimerMessage message)
        {
            if (!ReferenceEquals(message.Owner, this) || !_timers.TryGetValue(message.Key, out var timer)
                || timer.Generation != message.Generation)
            {
                return false;
            }

            if (!timer.Repeats)
            {
                _timers.Remove(message.Key);
            }

            return true;
        }

        private void Start(object key, object message, TimeSpan delay, TimeSpan? interval)
        {
            Cancel(key);
            var generation = ++_generation;
            var timed = message is INotInfluenceReceiveTimeout
                ? new QuietTimerMessage(this, key, generation, message)
                : new TimerMessage(this, key, generation, message);
            var scheduler = cell.System.Scheduler;
            var task = interval is null
                ? scheduler.ScheduleTellOnceCancelable(delay, cell.Self, timed, ActorRefs.NoSender)
                : scheduler.ScheduleTellRepeatedlyCancelable(
                    delay, interval.Value, cell.Self, timed, ActorRefs.NoSender);
            _timers[key] = (generation, interval is not null, task);
        }
    }
}
