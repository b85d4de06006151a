namespace DmIo.Volumes.Tests.Check;

/// <summary>The fingerprints of the visited states: an open-addressing table in shards, which grow one by one. Reads
/// may be concurrent, additions must be alone.</summary>
internal sealed class FingerprintSet
{
    private const int ShardBits = 6;
    private const int FirstCapacity = 256;

    private readonly Shard[] shards = new Shard[1 << ShardBits];

    public FingerprintSet()
    {
        for (var i = 0; i < shards.Length; i++)
        {
            shards[i] = new Shard();
        }
    }

    public long Count { get; private set; }

    public bool Contains(UInt128 fingerprint) => ShardOf(fingerprint).Contains(NotEmpty(fingerprint));

    /// <summary>Adds a fingerprint; false: the set has it.</summary>
    public bool Add(UInt128 fingerprint)
    {
        var isNew = ShardOf(fingerprint).Add(NotEmpty(fingerprint));
        Count += isNew ? 1 : 0;
        return isNew;
    }

    // Zero marks a free slot.
    private static UInt128 NotEmpty(UInt128 fingerprint) => fingerprint == default ? 1 : fingerprint;

    private Shard ShardOf(UInt128 fingerprint) => shards[(int)((ulong)(fingerprint >> 64) >> (64 - ShardBits))];

    private sealed class Shard
    {
        private UInt128[] slots = new UInt128[FirstCapacity];
        private int count;

        public bool Contains(UInt128 fingerprint) => slots[Find(fingerprint)] == fingerprint;

        public bool Add(UInt128 fingerprint)
        {
            var slot = Find(fingerprint);
            if (slots[slot] == fingerprint)
            {
                return false;
            }

            slots[slot] = fingerprint;
            count++;
            if (count > slots.Length / 4 * 3)
            {
                Grow();
            }

            return true;
        }

        private void Grow()
        {
            var old = slots;
            slots = new UInt128[old.Length * 2];
            foreach (var fingerprint in old)
            {
                if (fingerprint != default)
                {
                    slots[Find(fingerprint)] = fingerprint;
                }
            }
        }

        private int Find(UInt128 fingerprint)
        {
            var mask = slots.Length - 1;
            var slot = (int)((ulong)fingerprint & (ulong)mask);
            while (slots[slot] != fingerprint && slots[slot] != default)
            {
                slot = (slot + 1) & mask;
            }

            return slot;
        }
    }
}

/// <summary>The encoded states of one level of a search, in groups of <see cref="GroupSize"/>.</summary>
internal sealed class StateArena
{
    /// <summary>The states of a group; the last group can be smaller.</summary>
    public const int GroupSize = 64;

    private const int BlockLength = 1 << 20;
    private const int LengthBytes = sizeof(int);

    private readonly List<byte[]> blocks = [];
    private readonly List<int> ends = [];
    private readonly List<(int Block, int Offset)> groups = [];
    private int block = -1;
    private int offset;

    /// <summary>The number of states.</summary>
    public int Count { get; private set; }

    public int Groups => groups.Count;

    /// <summary>Removes all states, and keeps the memory for the next level.</summary>
    public void Clear()
    {
        groups.Clear();
        ends.Clear();
        Count = 0;
        block = -1;
        offset = 0;
    }

    public void Append(ReadOnlySpan<byte> state)
    {
        if (block < 0 || offset + LengthBytes + state.Length > blocks[block].Length)
        {
            NextBlock(LengthBytes + state.Length);
        }

        if (Count++ % GroupSize == 0)
        {
            groups.Add((block, offset));
        }

        BitConverter.TryWriteBytes(blocks[block].AsSpan(offset), state.Length);
        state.CopyTo(blocks[block].AsSpan(offset + LengthBytes));
        offset += LengthBytes + state.Length;
        ends[block] = offset;
    }

    /// <summary>The states of a group. The arena must not change meanwhile.</summary>
    public Group this[int group] =>
        new(this, groups[group].Block, groups[group].Offset, Math.Min(GroupSize, Count - (group * GroupSize)));

    private void NextBlock(int least)
    {
        block++;
        offset = 0;
        ends.Add(0);
        if (block == blocks.Count)
        {
            blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockLength, least)));
        }
        else if (blocks[block].Length < least)
        {
            blocks[block] = GC.AllocateUninitializedArray<byte>(least);
        }
    }

    /// <summary>Enumerates a group.</summary>
    internal ref struct Group
    {
        private readonly StateArena arena;
        private int block;
        private int offset;
        private int left;

        public Group(StateArena arena, int block, int offset, int count)
        {
            this.arena = arena;
            this.block = block;
            this.offset = offset;
            left = count;
        }

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (left == 0)
            {
                return false;
            }

            // A state that did not fit is at the start of the next block.
            var bytes = arena.blocks[block];
            if (arena.ends[block] == offset)
            {
                bytes = arena.blocks[++block];
                offset = 0;
            }

            var length = BitConverter.ToInt32(bytes, offset);
            Current = bytes.AsSpan(offset + LengthBytes, length);
            offset += LengthBytes + length;
            left--;
            return true;
        }
    }
}

/// <summary>How each state was reached first: from which state, by which action. State 0 is the start.</summary>
internal sealed class ParentLog
{
    private const int BlockBits = 16;

    private readonly List<(int[] Parents, ushort[] Actions)> blocks = [];

    public int Count { get; private set; }

    public void Add(int parent, ushort action)
    {
        var index = Count & ((1 << BlockBits) - 1);
        if (index == 0)
        {
            blocks.Add((new int[1 << BlockBits], new ushort[1 << BlockBits]));
        }

        (blocks[^1].Parents[index], blocks[^1].Actions[index]) = (parent, action);
        Count = checked(Count + 1);
    }

    /// <summary>The positions of the actions that lead from the start to a state.</summary>
    public List<int> PathTo(int state)
    {
        var path = new List<int>();
        while (state != 0)
        {
            var (parents, actions) = blocks[state >> BlockBits];
            var index = state & ((1 << BlockBits) - 1);
            path.Add(actions[index]);
            state = parents[index];
        }

        path.Reverse();
        return path;
    }
}
