namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// The state of a model: state machines under check, the messages between them, and what the check remembers of the
/// past. All fields are part of the state, see <see cref="StateCodec"/>; constants belong in static fields.
/// </summary>
internal abstract class World
{
    /// <summary>What is wrong with the state, or null. Asked after every action.</summary>
    public abstract string? Violation { get; }

    /// <summary>What is wrong with a state in which no action is enabled, or null: the model has ended.</summary>
    public virtual string? ViolationAtEnd => null;

    /// <summary>Adds the actions that are enabled, without a change of the state. Equal states must list equal actions
    /// in the same order.</summary>
    public abstract void ListActions(ActionList actions);

    /// <summary>Changes the state by an action that was listed in it. An exception is a violation.</summary>
    public abstract void Apply(WorldAction action);

    /// <summary>The name of an action in a trace; no other enabled action has the same.</summary>
    public abstract string Label(WorldAction action);

    /// <summary>Replaces the state by the representative of all states that are symmetric to it.</summary>
    public virtual void Canonicalize()
    {
    }
}

/// <summary>An action, in the world's own terms: what happens, and to which parties.</summary>
internal readonly record struct WorldAction(byte Kind, byte A = 0, byte B = 0, byte C = 0);

/// <summary>The enabled actions of a state.</summary>
internal sealed class ActionList
{
    // The log of a search has 16 bits for the position of an action.
    private const int Capacity = ushort.MaxValue;

    private readonly List<WorldAction> actions = [];

    public int Count => actions.Count;

    public WorldAction this[int index] => actions[index];

    /// <summary>Adds an enabled action.</summary>
    public void Add(byte kind, int a = 0, int b = 0, int c = 0) =>
        Add(new WorldAction(kind, checked((byte)a), checked((byte)b), checked((byte)c)));

    /// <summary>Adds an enabled action.</summary>
    public void Add(WorldAction action)
    {
        if (actions.Count == Capacity)
        {
            throw new InvalidOperationException($"A state has more than {Capacity} actions.");
        }

        actions.Add(action);
    }

    public void Clear() => actions.Clear();
}
