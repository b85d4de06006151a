namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Takes one action after the other. The world passes through its encoding between two actions, as in a search, so
/// that a search, a random walk and a replay behave alike. Not safe for use by several threads.
/// </summary>
internal sealed class Walker<TWorld>(StateSchema schema)
    where TWorld : World
{
    private readonly StateCodec codec = new(schema);

    /// <summary>The actions that are enabled in <see cref="World"/>.</summary>
    public ActionList Actions { get; } = new();

    /// <summary>The current state.</summary>
    public TWorld World { get; private set; } = null!;

    /// <summary>The encoded start of a model, canonical.</summary>
    public static byte[] Encode(StateSchema schema, TWorld start)
    {
        start.Canonicalize();
        return new StateCodec(schema).Encode(start).ToArray();
    }

    /// <summary>Decodes a state and lists its actions. Returns its violation at the end, if no action is enabled, or
    /// the exception that the list cost.</summary>
    public string? Load(ReadOnlySpan<byte> state)
    {
        World = codec.Decode<TWorld>(state);
        Actions.Clear();
        try
        {
            World.ListActions(Actions);
            return Actions.Count == 0 ? World.ViolationAtEnd : null;
        }
        catch (Exception thrown) when (thrown is not NotSupportedException)
        {
            return TextOf(thrown);
        }
    }

    /// <summary>Replaces the world by a fresh one, whose actions are those listed before.</summary>
    public void Reload(ReadOnlySpan<byte> state) => World = codec.Decode<TWorld>(state);

    /// <summary>Applies an action and makes the state canonical. Returns the violation, or null.</summary>
    public string? Apply(int action)
    {
        try
        {
            World.Apply(Actions[action]);
            if (World.Violation is { } violation)
            {
                return violation;
            }

            World.Canonicalize();
            return null;
        }
        catch (Exception thrown) when (thrown is not NotSupportedException)
        {
            return TextOf(thrown);
        }
    }

    /// <summary>The bytes of the current state, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode() => codec.Encode(World);

    /// <summary>Applies an action and lists the actions of the new state. Returns the violation, or null.</summary>
    public string? Take(int action) => Apply(action) ?? Load(Encode());

    /// <summary>The label of an enabled action.</summary>
    public string Label(int action) => World.Label(Actions[action]);

    /// <summary>The position of the action with a label, or -1.</summary>
    /// <exception cref="InvalidOperationException">Several actions have the label.</exception>
    public int Find(string label)
    {
        var found = -1;
        for (var i = 0; i < Actions.Count; i++)
        {
            if (Label(i) == label)
            {
                found = found < 0
                    ? i
                    : throw new InvalidOperationException($"Two enabled actions have the label '{label}'.");
            }
        }

        return found;
    }

    /// <summary>Throws if the current state, which was just loaded, has other bytes: the encoding is not canonical, or
    /// the list of actions changed the state.</summary>
    public void CheckEncoding(ReadOnlySpan<byte> state)
    {
        if (!Encode().SequenceEqual(state))
        {
            throw new InvalidOperationException(
                $"A decoded {typeof(TWorld).Name} has another encoding after its actions were listed.");
        }
    }

    private static string TextOf(Exception thrown) => $"{thrown.GetType().Name}: {thrown.Message}";
}
