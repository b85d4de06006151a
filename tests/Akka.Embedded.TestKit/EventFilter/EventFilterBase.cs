// A filter of log events: by kind, by text and by source. A filter that a test has put to work hides the events that
// it matches from the log, and reports each to whoever counts.

using Akka.Event;

namespace Akka.TestKit;

/// <summary>Decides which log events a test means.</summary>
public abstract class EventFilterBase
{
    private readonly StringMatcher _message;
    private readonly StringMatcher _source;

    private protected EventFilterBase(StringMatcher message, StringMatcher source)
    {
        _message = message;
        _source = source;
    }

    /// <summary>Called for each event that matches. Set before the filter is put to work.</summary>
    internal Action? Matched { get; set; }

    private protected abstract string Name { get; }

    public override string ToString()
    {
        var conditions = new[] { ("Message", _message), ("Source", _source) }
            .Where(condition => !condition.Item2.MatchesAll)
            .Select(condition => $"{condition.Item1} {condition.Item2}")
            .ToList();
        return conditions.Count == 0 ? Name : $"{Name} when {string.Join(" and ", conditions)}";
    }

    /// <summary>Whether the event is hidden from the log.</summary>
    internal bool Apply(LogEvent logEvent)
    {
        if (!IsMatch(logEvent))
        {
            return false;
        }

        Matched?.Invoke();
        return true;
    }

    private protected abstract bool IsMatch(LogEvent logEvent);

    private protected bool MatchesTexts(string? source, object? message)
        => _source.IsMatch(source) && _message.IsMatch(message?.ToString() ?? "null");
}
